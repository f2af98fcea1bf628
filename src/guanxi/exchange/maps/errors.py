"""What a message map refuses. Each names the map and, as far as it is known, the rule, the field and the row.

MapError
├── MapInvalid        the map's own file breaks the rules of maps
├── MapUnknown        there is no map of that name
├── WireUnreadable    the bytes are not a message of the map's format
├── RuleFailed        a rule cannot convert what stands in its field, or not so that it could be converted back
└── NoPlace           the canonical message has a field that the peer's message has no place for
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class MapError(GuanxiError):
    """The family of message map errors."""

    code = "maps.error"

    def __init__(
        self, sentence: str, *, map_name: str, rule: str = "", field: str = "", row: int | None = None, hint: str = ""
    ) -> None:
        at = f", row {row}" if row is not None else ""
        where = f"Map {map_name}" + (f", rule {rule}" if rule else "") + (f", field {field}" if field else "") + at
        super().__init__(f"{where}: {sentence}", next_step=hint, map=map_name, rule=rule, field=field, row=row)
        self.map_name, self.rule, self.field, self.row = map_name, rule, field, row


class MapInvalid(MapError):
    """The map's own file breaks the rules of maps."""

    code = "maps.invalid"


class MapUnknown(MapError):
    """There is no map of that name."""

    code = "maps.unknown"


class WireUnreadable(MapError):
    """The bytes are not a message of the map's format."""

    code = "maps.wire_unreadable"


class RuleFailed(MapError):
    """A rule cannot convert what stands in its field, or not so that it could be converted back."""

    code = "maps.rule_failed"


class NoPlace(MapError):
    """The canonical message has a field that the peer's message has no place for."""

    code = "maps.no_place"
