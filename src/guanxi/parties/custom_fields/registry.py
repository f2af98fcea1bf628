"""Which fields there are for whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from guanxi.parties.custom_fields.errors import FieldUnknown
from guanxi.parties.custom_fields.field import PARTY, Field
from guanxi.parties.custom_fields.schema import Connection, present_connection_of_office, schema

if TYPE_CHECKING:
    from guanxi.access.models import StaffMember

EVERYTHING: Final = "everything"  # the role of the system itself


class Editor(NamedTuple):
    """Who reads or writes fields: a name for the audit trail, and the role that decides what may be seen and done."""

    name: str  # staff:wang, api:broker, system:import
    role: str
    edits: bool  # whether they may change customers at all


def editor_of(staff: StaffMember) -> Editor:
    """A member of staff as one who reads and writes fields."""
    from guanxi.access.policies import Action, may  # needs Django's models, which the other doors have not

    role = staff.role if staff.is_active else ""
    return Editor(f"staff:{staff.get_username()}", role, may(staff, Action.EDIT_CUSTOMER))


def fields_for(who: StaffMember | Editor, subject: str = PARTY, *, on: Connection | None = None) -> list[Field]:
    """The fields of parties (or of a kind of records) that `who` may see; `editable` says which they may change."""
    editor = who if isinstance(who, Editor) else editor_of(who)
    return [
        dataclasses.replace(field, editable=field.editable and _may_edit(editor, field))
        for field in all_fields(subject, on=on).values()
        if _may_see(editor.role, field)
    ]


def field_for(who: StaffMember | Editor, name: str, subject: str = PARTY, *, on: Connection | None = None) -> Field:
    """One of `fields_for`; `FieldUnknown` when it is not among them."""
    found = next((field for field in fields_for(who, subject, on=on) if field.name == name), None)
    if found is None:
        raise FieldUnknown(name)
    return found


def all_fields(subject: str = PARTY, *, on: Connection | None = None) -> dict[str, Field]:
    """Every field by its name, whoever asks. For the system itself; on behalf of people use `fields_for`."""
    return schema(on or present_connection_of_office()).fields.get(subject, {})


def _may_see(role: str, field: Field) -> bool:
    return role == EVERYTHING or (bool(role) and _named(role, field.definition.see))


def _may_edit(editor: Editor, field: Field) -> bool:
    return editor.role == EVERYTHING or (editor.edits and _named(editor.role, field.definition.edit))


def _named(role: str, roles: Sequence[str]) -> bool:
    return not roles or role in roles
