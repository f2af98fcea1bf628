"""Source records come in: one while its source waits, or up to ten thousand, line by line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from guanxi.access import audit_chain
from guanxi.access.scopes import WRITE
from guanxi.gateway.answers import Answer, lines_answer
from guanxi.gateway.customers.desk import Connection
from guanxi.gateway.customers.documents import (
    OUTCOME_EXAMPLE,
    PARTY_EXAMPLE,
    LineOutcome,
    RecordLine,
    RecordOutcome,
    TellRecord,
)
from guanxi.gateway.customers.once import encode, once, reply_of
from guanxi.gateway.errors import CustomerInvalid, FieldError, InvalidRequest, NotReady, ScopeMissing
from guanxi.gateway.operations import Answers, KeyRule, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import BODY_LIMIT, Call, field_error
from guanxi.parties.errors import SourceUnknown
from guanxi.parties.stored_replies import Reply
from guanxi.parties.tell import Outcome, Telling, tell

MOST_LINES: Final = 10_000
_AT_ONCE: Final = 500
_KEY: Final = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_SOURCE_KNOWN: Final = "SELECT 1 FROM parties_source WHERE name = %s"
_decode: Final = msgspec.json.Decoder(RecordLine).decode


async def _tell(gateway: Gateway, call: Call) -> Answer:
    body: TellRecord = call.body
    telling = Telling(key=_key(call), party=body.party.raw(), content=body.sent, told_at=_aware(body.told_at))
    return await _take(gateway, call, "tell_record", telling)


async def _gone(gateway: Gateway, call: Call) -> Answer:
    return await _take(gateway, call, "record_gone", Telling(key=_key(call)))


async def _take(gateway: Gateway, call: Call, name: str, telling: Telling) -> Answer:
    source = _source(call)

    def work(connection: Connection, at: dt.datetime) -> Reply:
        [outcome] = tell(connection, source=source, tellings=[telling], at=at)
        _audit(connection, call, name, f"record:{source}:{telling.key}", {"state": outcome.state})
        return reply_of(RecordOutcome(**msgspec.structs.asdict(outcome)))

    return await once(gateway, call, name, work)


async def _tell_many(gateway: Gateway, call: Call) -> Answer:
    source = _source(call)
    lines = call.raw_body.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if not 0 < len(lines) <= MOST_LINES:
        raise InvalidRequest(
            f"Send 1 to {MOST_LINES:,} lines; these are {len(lines):,}.",
            next_step="Send the rest in another request.",
            errors=[FieldError("body", f"1 to {MOST_LINES} lines")],
        )
    await gateway.customers.run(lambda connection: _require_source(connection, source))
    return lines_answer(_outcomes(gateway, call, source, lines))


def _require_source(connection: Connection, source: str) -> None:
    if connection.execute(_SOURCE_KNOWN, [source]).fetchone() is None:
        raise SourceUnknown(source)


async def _outcomes(gateway: Gateway, call: Call, source: str, lines: Sequence[bytes]) -> AsyncIterator[bytes]:
    """What came of each line, in their order; each part of them is one transaction."""
    accepted = 0
    for start in range(0, len(lines), _AT_ONCE):
        told = [_line(number, line) for number, line in enumerate(lines[start : start + _AT_ONCE], start=start + 1)]
        found = await _take_part(gateway, call, source, told)
        accepted += sum(each.accepted for each in found)
        yield b"".join(encode(each) + b"\n" for each in found)
    total = LineOutcome(done=True, lines=len(lines), rejected=len(lines) - accepted)
    yield encode(total) + b"\n"


_Told = tuple[int, Telling | LineOutcome]


async def _take_part(gateway: Gateway, call: Call, source: str, told: Sequence[_Told]) -> list[LineOutcome]:
    """Lines of one key are taken one after the other."""
    rounds: list[dict[str, Telling]] = []
    for _, telling in told:
        if isinstance(telling, Telling):
            free = next((each for each in rounds if telling.key not in each), None)
            if free is None:
                rounds.append(free := {})
            free[telling.key] = telling
    found: dict[int, Outcome] = {}
    faults: dict[int, str] = {}
    for each in rounds:
        part = list(each.values())

        def work(connection: Connection, part: Sequence[Telling] = part) -> list[Outcome]:
            outcomes = tell(connection, source=source, tellings=part, at=call.received_at)
            _audit(connection, call, "tell_records", f"source:{source}", {"records": len(part)})
            return outcomes

        try:
            outcomes = await gateway.customers.run(work)
        except NotReady as error:
            faults |= {id(telling): str(error) for telling in part}
            continue
        found |= {id(telling): outcome for telling, outcome in zip(part, outcomes, strict=True)}
    return [_shown(number, telling, found, faults) for number, telling in told]


def _shown(
    number: int, telling: Telling | LineOutcome, found: Mapping[int, Outcome], faults: Mapping[int, str]
) -> LineOutcome:
    if isinstance(telling, LineOutcome):
        return telling
    if id(telling) in faults:
        return LineOutcome(line=number, key=telling.key, code="not_ready", detail=faults[id(telling)])
    outcome = found[id(telling)]
    return LineOutcome(
        line=number,
        accepted=True,
        key=outcome.key,
        state=outcome.state,
        customer=outcome.customer,
        number=outcome.number,
    )


def _line(number: int, line: bytes) -> _Told:
    """A line as what is told, or as refused."""
    if len(line) > BODY_LIMIT:
        return number, LineOutcome(line=number, code="body_too_large", detail=f"More than {BODY_LIMIT >> 10} KiB.")
    try:
        read = _decode(line)
        party = read.party.raw() if read.party is not None else None
        return number, Telling(key=read.key, party=party, content=read.sent, told_at=_aware(read.told_at))
    except msgspec.ValidationError as error:
        return number, _refused(number, field_error(str(error)))
    except CustomerInvalid as error:
        return number, _refused(number, error.errors[0])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return number, LineOutcome(line=number, code="malformed_json", detail=f"The line cannot be read: {error}.")


def _refused(number: int, fault: FieldError) -> LineOutcome:
    return LineOutcome(
        line=number,
        code="invalid_request",
        detail="The line does not have the form of a record.",
        errors=[{"field": fault.field, "message": fault.message}],
    )


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    if at is not None and at.tzinfo is None:
        raise CustomerInvalid(
            "A time needs its offset.",
            next_step="Write it as 2026-05-03T12:00:00+08:00.",
            errors=[FieldError("told_at", "a time with its offset from UTC")],
        )
    return at


def _source(call: Call) -> str:
    source = call.path["source"]
    if not call.machine.may_tell(source):
        raise ScopeMissing(
            "This client may not tell records of this source.",
            next_step="Ask who looks after Guanxi to add the source to the client.",
        )
    return source


def _key(call: Call) -> str:
    key = call.path["key"]
    if not _KEY.fullmatch(key):
        raise InvalidRequest(
            "A key is 1 to 64 characters without control characters.",
            next_step="Use the key that the source itself has.",
            errors=[FieldError("key", "1 to 64 characters")],
        )
    return key


def _audit(connection: Connection, call: Call, action: str, subject: str, detail: dict[str, Any]) -> None:
    audit_chain.append(
        connection,
        actor=call.machine.actor,
        action=action,
        subject=subject,
        at=call.received_at,
        detail=detail,
    )


_SOURCE: Final = {"source": "The source's name: the client's own, or one that it was given."}
_RECORD: Final = {**_SOURCE, "key": "The record's own key in that source."}
_PROBLEMS: Final = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)
_LINE_EXAMPLE: Final = '{"key": "C-4711", "party": {"name": "王小明", "phones": ["138 1616 2727"]}}\n'
_LINES_EXAMPLE: Final = (
    '{"line": 1, "accepted": true, "key": "C-4711", "state": "added", '
    '"customer": "0196a1f0-4f00-7c3a-9d2e-5b1f0c8e7a64", "number": "200000017"}\n'
    '{"done": true, "lines": 1}\n'
)
OPERATIONS: Final = (
    Operation(
        method="PUT",
        path="/v1/sources/{source}/records/{key}",
        name="tell_record",
        tag="Source records",
        summary="Tell a new or changed record",
        description="The record is kept as a version, put into the form in which records are compared, compared, and "
        "linked to the customer it is of, or a new one. The same again changes nothing; what is older than what is "
        "known (`told_at`) is not believed.",
        run=_tell,
        body=TellRecord,
        body_example={"party": PARTY_EXAMPLE, "told_at": "2026-05-03T12:00:00+08:00"},
        path_parameters=_RECORD,
        scope=WRITE,
        idempotency_key=KeyRule.OPTIONAL,
        answers={200: Answers("Taken in.", RecordOutcome, OUTCOME_EXAMPLE)},
        problems=_PROBLEMS,
    ),
    Operation(
        method="DELETE",
        path="/v1/sources/{source}/records/{key}",
        name="record_gone",
        tag="Source records",
        summary="Tell that a record is gone",
        description="The source no longer has it. It stays on record, linked as it was, and its word no longer counts.",
        run=_gone,
        path_parameters=_RECORD,
        scope=WRITE,
        idempotency_key=KeyRule.OPTIONAL,
        answers={200: Answers("Taken note of.", RecordOutcome, {**OUTCOME_EXAMPLE, "state": "gone"})},
        problems=(400, 401, 403, 404, 409, 429, 503),
    ),
    Operation(
        method="POST",
        path="/v1/sources/{source}/records",
        name="tell_records",
        tag="Source records",
        summary="Tell many records",
        description=f"One to {MOST_LINES:,} lines of JSON (application/x-ndjson), at most 32 MiB. Each line is taken "
        "or refused by itself, and its outcome is a line of the answer, in the same order, as it comes to be; the last "
        "line has the totals and `done`. Where that line is missing, send everything again: what was taken is "
        "`unchanged` then.",
        run=_tell_many,
        body=RecordLine,
        body_example=_LINE_EXAMPLE,
        takes_lines=True,
        path_parameters=_SOURCE,
        scope=WRITE,
        answers={
            200: Answers("What came of each line.", LineOutcome, _LINES_EXAMPLE, media_type="application/x-ndjson")
        },
        problems=(400, 401, 403, 404, 408, 413, 415, 429, 503),
    ),
)
