"""Looking for messages by anything that is in them, newest first. Every query is indexed, bounded and cut off in time.

Words are looked up in the index of words; `name:value` also looks at where the value stands. A word that is not
finished yet is looked for in the newest messages alone, so that something is seen while somebody types.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.db import OperationalError, connection

from guanxi.exchange.errors import SearchTooBroad
from guanxi.exchange.message_tokens import hash_word, iso8583_words, json_words, words_of
from guanxi.storage.transactions import open_transaction

PAGE: Final = 50
NEWEST: Final = 5000  # messages in which an unfinished word is looked for
_SECONDS: Final = 4
_DAY: Final = dt.timedelta(days=1)
_COLUMNS: Final = (
    "at, id, request_id, leg_id, milliseconds, direction, format, channel, endpoint, service, name, outcome,"
    " said, answered"
)
_TERM: Final = re.compile(r'(?:(?P<name>[a-z_0-9]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))', re.IGNORECASE)
# What people call a field: the names it has in our messages, ISO 8583 fields by number.
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "stan": ("11", "trace_number"),
    "rrn": ("37", "retrieval_reference"),
    "terminal": ("41", "terminal"),
    "card": ("2", "card"),
    "amount": ("4", "amount"),
    "account": ("102", "103", "account", "from_account", "to_account", "number"),
    "reference": ("reference", "38"),
    "key": ("idempotency_key",),
    "currency": ("49", "currency"),
    "code": ("39", "code", "reason"),
}
FILTERS: Final = ("direction", "channel", "endpoint", "service", "outcome")


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. Empty means all."""

    text: str = ""
    direction: str = ""
    channel: str = ""
    endpoint: str = ""
    service: str = ""
    outcome: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: str = ""  # the cursor of the last message already seen


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message with its answer, as it is kept."""

    at: dt.datetime
    id: uuid.UUID
    request_id: uuid.UUID | None
    leg_id: uuid.UUID | None
    milliseconds: int
    direction: str
    format: str
    channel: str
    endpoint: str
    service: str
    name: str
    outcome: str
    said: dict[str, Any]
    answered: dict[str, Any] | None

    @property
    def cursor(self) -> str:
        """Where this message stands, for asking what comes after it."""
        return f"{self.at.isoformat()}_{self.id}"

    @property
    def words(self) -> set[str]:
        """Every word it is found by."""
        found = {str(known) for known in (self.request_id, self.leg_id) if known} | set(words_of(self.name))
        for side in filter(None, (self.said, self.answered)):
            found.update(iso8583_words(side) if self.format == "iso8583" else json_words(side))
        return found


def search(wanted: Wanted) -> list[Message]:
    """The newest messages that have all of the words, a page of them; `SearchTooBroad` when that takes too long."""
    where, values = _filter(wanted)
    words, conditions, looked_for = _terms(wanted.text)
    if words:
        where, values = [*where, "words @> %s::integer[]"], [*values, [hash_word(word) for word in words]]
    where, values = [*where, *conditions], [*values, *looked_for]
    asked = words or conditions or not wanted.text.strip()
    found = (
        [message for message in _latest_first(where, values, _end(wanted)) if words <= message.words] if asked else []
    )
    if wanted.text and not wanted.before and len(found) < PAGE:
        found = _merged(found, _unfinished(wanted))
    return found


def of_request(request_id: uuid.UUID, leg_ids: Sequence[uuid.UUID], since: dt.datetime) -> list[Message]:
    """Every message of one request, oldest first."""
    hashes = [hash_word(str(known)) for known in (request_id, *leg_ids)]
    where = ["words && %s::integer[]", "at >= %s", "(request_id = %s OR leg_id = ANY(%s))"]
    values = [hashes, since - dt.timedelta(minutes=5), request_id, list(leg_ids)]
    return _newest(where, values, limit=200)[::-1]


def message_at(cursor: str) -> Message | None:
    """The message at `cursor`."""
    at, _, message_id = cursor.partition("_")
    found = _newest(["at = %s::timestamptz", "id = %s::uuid"], [at, message_id], limit=1)
    return found[0] if found else None


def _filter(wanted: Wanted) -> tuple[list[str], list[Any]]:
    where, values = list[str](), list[Any]()
    for name in FILTERS:
        if value := getattr(wanted, name):
            where.append(f"{name} = %s")
            values.append(value)
    for condition, value in (("at >= %s", wanted.since), ("at < %s", wanted.until)):
        if value:
            where.append(condition)
            values.append(value)
    if wanted.before:
        at, _, message_id = wanted.before.partition("_")
        where.append("(at, id) < (%s::timestamptz, %s::uuid)")
        values += [at, message_id]
    return where, values


def _terms(text: str) -> tuple[set[str], list[str], list[Any]]:
    """The words of a question, and conditions on where they stand."""
    words, where, values = set[str](), list[str](), list[Any]()
    for term in _TERM.finditer(text):
        name, value = (term["name"] or "").lower(), term["quoted"] if term["quoted"] is not None else term["plain"]
        if name in {"request", "leg"} or not name:
            words.update(words_of(value))
        elif name == "amount":
            words.update(words_of(value))
            where.append("(said::text ~ %s OR answered::text ~ %s)")
            values += [_amount_pattern(value)] * 2
        else:
            words.update(words_of(value) if name not in {"currency", "code"} else ())
            where.append("(said::text ~* %s OR answered::text ~* %s)")
            values += [_place_pattern(FIELDS.get(name, (name,)), value)] * 2
    return words, where, values


def _place_pattern(names: Sequence[str], value: str) -> str:
    """The words of `value`, as JSON has them in a field of one of `names`."""
    places = "|".join(map(re.escape, names))
    return rf'"({places})":"?([^"]*[^0-9a-z"])?{re.escape(value)}([^0-9a-z"][^"]*)?["\],}}]'


def _amount_pattern(value: str) -> str:
    """The amount as JSON has it, or as field 4 has it without the point."""
    whole, _, cents = value.partition(".")
    plain, cents = re.escape(whole), re.escape(cents.rstrip("0"))
    return rf'"amount":"?{plain}(\.{cents}0*)?["^,}}]|"4":"0*{plain}{cents}0*"'


def _unfinished(wanted: Wanted) -> list[Message]:
    where, values = _filter(wanted)
    terms = [term["quoted"] or term["plain"] or "" for term in _TERM.finditer(wanted.text) if not term["name"]]
    inner = _statement(where)
    matches = " AND ".join(["(said::text ILIKE %s OR answered::text ILIKE %s)"] * len(terms))
    looked_for = [f"%{_plain(term)}%" for term in terms for _ in range(2)]
    statement = f"SELECT * FROM ({inner}) recent WHERE {matches} ORDER BY at DESC, id DESC LIMIT %s"  # noqa: S608
    is_plain = bool(terms) and ":" not in wanted.text
    return _fetch(statement, [*values, NEWEST, *looked_for, PAGE]) if is_plain else []


def _merged(first: list[Message], second: list[Message]) -> list[Message]:
    by_place = {message.cursor: message for message in (*first, *second)}
    return sorted(by_place.values(), key=lambda message: (message.at, message.id), reverse=True)[:PAGE]


def _latest_first(where: Sequence[str], values: Sequence[Any], end: dt.datetime | None) -> list[Message]:
    """A page of the newest: first in the last day before `end`, and only for what is missing in those before.

    A word that many messages have would otherwise be fetched from all days to show a page of one.
    """
    if end is None:
        return []
    last_day = end - _DAY
    found = _newest([*where, "at >= %s"], [*values, last_day])
    if len(found) < PAGE:
        found += _newest([*where, "at < %s"], [*values, last_day], limit=PAGE - len(found))
    return found


def _end(wanted: Wanted) -> dt.datetime | None:
    """The latest moment that is asked for: of the page before, of the filter, or of all messages."""
    if wanted.before:
        return dt.datetime.fromisoformat(wanted.before.partition("_")[0])
    if wanted.until:
        return wanted.until
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM exchange_message ORDER BY at DESC LIMIT 1")
        row = cursor.fetchone()
    return row[0] if row else None


def _newest(where: Sequence[str], values: Sequence[Any], limit: int = PAGE) -> list[Message]:
    return _fetch(_statement(where), [*values, limit])


def _statement(where: Sequence[str]) -> str:
    condition = f"WHERE {' AND '.join(where)}" if where else ""
    return f"SELECT {_COLUMNS} FROM exchange_message {condition} ORDER BY at DESC, id DESC LIMIT %s"  # noqa: S608


def _fetch(statement: str, values: Sequence[Any]) -> list[Message]:
    try:
        with open_transaction(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{_SECONDS}s'")
            cursor.execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
    except OperationalError as error:
        if "statement timeout" in str(error):
            raise SearchTooBroad from None
        raise
    return [Message(*row[:-2], *(_read(side) for side in row[-2:])) for row in rows]


def _read(side: object) -> Any:  # noqa: ANN401 - the driver gives JSON as text or read
    return json.loads(side) if isinstance(side, str) else side


def _plain(text: str) -> str:
    """`text` as LIKE takes it literally."""
    return re.sub(r"([\\%_])", r"\\\1", text)
