"""What a machine client says of fields, held against what each field allows; every fault names its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import UNSET

from guanxi.gateway.customers.desk import Connection
from guanxi.gateway.customers.documents import CustomerChange, ToldParty
from guanxi.gateway.errors import CustomerInvalid, FieldError
from guanxi.parties.fields import (
    EVERYTHING,
    Editor,
    Field,
    FieldsInvalid,
    FieldUnknown,
    Value,
    ValueRefused,
    field_for,
)
from guanxi.parties.normalisation.calendar_dates import read_date
from guanxi.parties.normalisation.email_addresses import read_emails
from guanxi.parties.normalisation.identity_documents import read_document
from guanxi.parties.normalisation.phone_numbers import read_phones

_NAMES: Final = ("name", "surname", "given_name", "latin_name")
_CUSTOM: Final = "custom."


def editor(actor: str) -> Editor:
    """A machine client as one who writes fields."""
    return Editor(actor, EVERYTHING, edits=True)


def refuse(faults: list[FieldError]) -> None:
    """`CustomerInvalid` when there is any fault."""
    if faults:
        raise CustomerInvalid(
            "Some fields cannot be so; nothing was changed.",
            next_step="Correct the fields that errors names, and send it again.",
            errors=faults,
        )


def check_new(party: ToldParty) -> list[FieldError]:
    """What is wrong with a customer that a client makes: all of it."""
    return list(_faults_of_new(party))


def _faults_of_new(party: ToldParty) -> Iterator[FieldError]:
    raw = party.raw()
    if not any(getattr(party, name).strip() for name in _NAMES):
        yield FieldError("name", "required: a name, a surname with a given name, or a name in letters")
    for place, phone in enumerate(raw.phones):
        yield from (FieldError(f"phones[{place}]", why) for why in read_phones(phone, raw.country).doubts[:1])
    for place, email in enumerate(raw.emails):
        yield from (FieldError(f"emails[{place}]", why) for why in read_emails(email).doubts[:1])
    for place, document in enumerate(raw.documents):
        found = read_document(document, organisation=raw.kind == "organisation")
        yield from (FieldError(f"documents[{place}]", why) for why in found.doubts[:1])
    if raw.birth_date:
        yield from (FieldError("birth_date", why) for why in read_date(raw.birth_date, raw.date_order).doubts[:1])


def read_changes(connection: Connection, actor: str, change: CustomerChange) -> dict[str, Value]:
    """The values that `change` gives to fields; `CustomerInvalid` names those that cannot be so."""
    said = {
        name: value
        for name in change.__struct_fields__
        if name != "custom" and (value := getattr(change, name)) is not UNSET
    }
    return _read(connection, actor, said, prefix="") | read_custom(connection, actor, change.custom)


def read_custom(connection: Connection, actor: str, said: Mapping[str, Any]) -> dict[str, Value]:
    """The values of fields that were defined on screen."""
    return _read(connection, actor, said, prefix=_CUSTOM)


def _read(connection: Connection, actor: str, said: Mapping[str, Any], *, prefix: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    faults = []
    for name, value in said.items():
        try:
            field = field_for(editor(actor), name, on=connection)
            if field.builtin == bool(prefix):
                raise FieldUnknown(name)  # noqa: TRY301 - one answer for both
            found[name] = _parsed(field, value)
        except (ValueRefused, FieldUnknown) as fault:
            faults.append(FieldError(f"{prefix}{name}"[:120], str(fault)))
    refuse(faults)
    return found


def _parsed(field: Field, value: Any) -> Value:  # noqa: ANN401 - JSON
    """A JSON value by way of the text that a form would have sent."""
    match value:
        case None:
            return None
        case bool():
            return field.parse("yes" if value else "no")
        case str() | int() | float():
            return field.parse(str(value))
        case list() if all(isinstance(each, str) for each in value):
            return field.parse(", ".join(value))
        case _:
            raise ValueRefused("This is no value of a field.")


def refused_fields(error: FieldsInvalid) -> list[FieldError]:
    """The faults that only showed when the values were to be written."""
    return [FieldError(name, str(fault)) for name, fault in error.faults.items()]
