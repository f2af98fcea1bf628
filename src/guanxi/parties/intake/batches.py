"""Rows gathered into batches: each is taken in whole, together with how far the load has come, or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from guanxi.parties.intake import statements
from guanxi.parties.intake.checks import doubts_of
from guanxi.parties.intake.mapping import LONGEST_KEY, Mapper
from guanxi.parties.intake.reuse import contradictions
from guanxi.parties.intake.tables import Row, Unreadable
from guanxi.parties.normalisation.record import RawParty
from guanxi.storage.copy_rows import copy_line, open_copy

BATCH: Final = 5_000
_DOUBTS_KEPT: Final = 200
_TEXT_KEPT: Final = 500
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(RawParty).decode
_NUL: Final = b"\\u0000"
_COUNTED: Final = ("added", "changed", "unchanged", "gone", "held")


class Offer(NamedTuple):
    """A row that can be taken in."""

    row: int
    key: str
    content: str
    mapped: str
    told_at: dt.datetime | None
    deleted: bool


class Rejected(NamedTuple):
    """A row that cannot, or, where `field` is given, a field that was left out."""

    row: int
    field: str
    reason: str
    content: str


@dataclasses.dataclass(slots=True)
class Batch:
    """What has been read since the last batch was taken in; `position` counts all rows of the file so far."""

    position: int
    offers: dict[str, Offer] = dataclasses.field(default_factory=dict)
    rejected: list[Rejected] = dataclasses.field(default_factory=list)
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.offers) + len(self.rejected) + self.repeated


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Where batches go."""

    connection: psycopg.Connection[Any]
    load: uuid.UUID
    source: str
    full: bool


class Gatherer:
    """Rows go in, batches come out. In a full load a key stands in one row; in a delta the later row counts."""

    def __init__(self, columns: Sequence[str], map_row: Mapper, doubts: Counter[str], *, full: bool) -> None:
        self._columns = columns
        self._map = map_row
        self._full = full
        self.doubts = doubts

    def batches(self, rows: Iterator[Row | Unreadable], position: int) -> Iterator[Batch]:
        """The rows after the first `position`, in batches."""
        batch = Batch(position)
        for number, row in enumerate(rows, start=1):
            if number <= position:
                continue
            offer = self._offer(row, batch)
            if offer is not None and offer.key in batch.offers and not self._repeats(offer, batch):
                yield batch
                batch = Batch(number - 1)
            if offer is not None and offer.key not in batch.offers:
                batch.offers[offer.key] = offer
            batch.position = number
            if len(batch) >= BATCH:
                yield batch
                batch = Batch(number)
        yield batch

    def _repeats(self, offer: Offer, batch: Batch) -> bool:
        """Whether a second row under a key is settled within the batch; else it is for the next."""
        first = batch.offers[offer.key]
        if first.content == offer.content:
            batch.repeated += 1
        elif self._full:
            batch.rejected.append(_twice(offer.row, offer.key, offer.content, first.row))
        else:
            return False
        return True

    def _offer(self, row: Row | Unreadable, batch: Batch) -> Offer | None:
        if isinstance(row, Unreadable):
            batch.rejected.append(Rejected(row.number, "", row.reason, row.text))
            return None
        mapped = self._map(row.cells)
        content = _text({name: cell for name, cell in zip(self._columns, row.cells, strict=True) if cell})
        if not mapped.key or len(mapped.key) > LONGEST_KEY:
            why = f"its key is longer than {LONGEST_KEY} characters" if mapped.key else "it has no key"
            batch.rejected.append(Rejected(row.number, "", why, content))
            return None
        for field, why in mapped.faults:
            batch.rejected.append(Rejected(row.number, field, why, content))
        if not mapped.deleted and not _says_who(mapped.raw):
            batch.rejected.append(Rejected(row.number, "", "nothing in it says who it is", content))
            return None
        for doubt in doubts_of(mapped.raw):
            if doubt in self.doubts or len(self.doubts) < _DOUBTS_KEPT:
                self.doubts[doubt] += 1
        return Offer(row.number, mapped.key, content, _text(mapped.raw), mapped.told_at, mapped.deleted)


def take_in(target: Target, batch: Batch, doubts: Counter[str], share: float, at: dt.datetime) -> str:
    """Take a batch in, in one transaction; the state that the load is in now, which somebody may have changed."""
    facts: dict[str, Any] = {"load": target.load, "source": target.source, "at": at, "full": target.full}
    connection = target.connection
    with connection.transaction():
        if batch.offers:
            _offer_all(connection, batch)
        counts = Counter({"unchanged": batch.repeated})
        connection.execute(statements.JUDGE, facts)
        if target.full:
            _settle_met_before(connection, batch, counts)
        _hold_others(connection, facts)
        for statement in (statements.LAPSE, statements.SUPERSEDE, statements.INSERT):
            connection.execute(statement, facts)
        for statement in (statements.REMAP, statements.GO, statements.NOTE_OTHERS):
            connection.execute(statement, facts)
        for verdict, number in connection.execute(statements.COUNT):
            counts["changed" if verdict == "remapped" else verdict] += number
        counts["unchanged"] += counts.pop("nothing", 0)
        _write_rejections(connection, target.load, batch.rejected)
        counted = {name: counts[name] for name in _COUNTED}
        rejected = sum(1 for each in batch.rejected if not each.field)
        told = {"position": batch.position, "share": share, "rejected": rejected, "doubts": _text(doubts)}
        row = connection.execute(statements.ADVANCE, {**facts, **counted, **told}).fetchone()
    return str(row[0]) if row else "failed"


def _offer_all(connection: psycopg.Connection[Any], batch: Batch) -> None:
    with open_copy(connection, "offered", statements.OFFERED) as copy:
        for offer in batch.offers.values():
            told = offer.told_at.isoformat() if offer.told_at else ""
            line = copy_line(
                *(str(offer.row), offer.key, offer.content, offer.mapped, told or "\0", "t" if offer.deleted else "f")
            )
            copy.write(line if told else line.replace("\0", "\\N"))


def _settle_met_before(connection: psycopg.Connection[Any], batch: Batch, counts: Counter[str]) -> None:
    for row, key, same in connection.execute(statements.TWICE).fetchall():
        if same:
            counts["unchanged"] += 1
        else:
            batch.rejected.append(_twice(row, key, batch.offers[key].content, None))


def _hold_others(connection: psycopg.Connection[Any], facts: dict[str, Any]) -> None:
    """Rows that tell of somebody else than the record under their key did."""
    rows, reasons = [], []
    changed = connection.cursor(binary=False)
    for row, _record, before, after in changed.execute(statements.CHANGED, facts).fetchall():
        if against := contradictions(msgspec.convert(before, RawParty), msgspec.convert(after, RawParty)):
            rows.append(row)
            reasons.append(", ".join(against))
    if rows:
        connection.execute(statements.HOLD, {**facts, "rows": rows, "reasons": reasons})


def _write_rejections(connection: psycopg.Connection[Any], load: uuid.UUID, rejected: Sequence[Rejected]) -> None:
    if not rejected:
        return
    columns = ("load_id", "row", "field", "reason", "content")
    with open_copy(connection, "parties_rejection", columns) as copy:
        for each in rejected:
            copy.write(copy_line(str(load), str(each.row), each.field, each.reason[:300], _shown(each.content)))


def _twice(row: int, key: str, content: str, first: int | None) -> Rejected:
    where = f"row {first}" if first else "an earlier row"
    return Rejected(row, "", f"its key {key} stands in {where} already, with something else", content)


def _says_who(raw: RawParty) -> bool:
    return bool(
        raw.name or raw.surname or raw.given_name or raw.latin_name or raw.documents or raw.phones or raw.emails
    )


def _text(value: object) -> str:
    """As JSON that PostgreSQL takes: it has no character 0."""
    encoded = _encode(value)
    return (encoded.replace(_NUL, b"") if _NUL in encoded else encoded).decode()


def _shown(content: str) -> str:
    return content.replace("\0", "")[:_TEXT_KEPT]
