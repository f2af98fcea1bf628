"""Named, parameterised SQL from a data file: what may be asked, and of nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from guanxi.storage.errors import ConfigurationInvalid

_LOOKS: Final = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_PLACE: Final = re.compile(r"\$(\d+)")


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One query. Without `rows` it answers with its one row; with it, with a list under that name."""

    sql: str
    parameters: list[str]
    rows: str = ""


def load_queries(path: Path) -> dict[str, Query]:
    """The queries in the file at `path`, by operation; `ConfigurationInvalid` names the one that makes no sense."""
    try:
        queries = msgspec.toml.decode(path.read_bytes(), type=dict[str, Query])
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationInvalid(f"The queries in {path.name} cannot be read: {error}.") from None
    for name, query in queries.items():
        places = {int(number) for number in _PLACE.findall(query.sql)}
        if not _LOOKS.match(query.sql) or places != set(range(1, len(query.parameters) + 1)):
            raise ConfigurationInvalid(
                f"The query {name} in {path.name} is no look with one parameter for each of its places.",
                next_step="Begin it with SELECT or WITH, and name as many parameters as it has places $1, $2 ...",
            )
    return queries
