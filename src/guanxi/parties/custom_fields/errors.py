"""What is refused about fields.

FieldsError
├── DefinitionInvalid       a field or a kind of records cannot be defined like this; says why, point by point
├── DefinitionChanged       somebody else has changed the definition meanwhile
├── FieldsInvalid           values that their fields do not allow; says why, field by field
├── FieldUnknown            there is no such field, or the actor may not see it
├── FieldNotEditable        the actor may not change this field
├── RecordUnknown           there is no such record of the party
└── ValueRefused            one value that its field does not allow
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from guanxi.parties.errors import PartiesError


class FieldsError(PartiesError):
    """The family of errors about fields."""

    code = "fields.error"


class ValueRefused(FieldsError):
    """One value that its field does not allow. `template` is the sentence with names in braces for `values`."""

    code = "fields.value_refused"

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values), next_step="Correct the value.")
        self.template, self.values = template, values


class FieldsInvalid(FieldsError):
    """Values that their fields do not allow: `faults` by field, `of_party` by party and field."""

    code = "fields.invalid"

    def __init__(self, of_party: Mapping[uuid.UUID, Mapping[str, ValueRefused]]) -> None:
        self.of_party = of_party
        self.faults = {name: fault for faults in of_party.values() for name, fault in faults.items()}
        told = "; ".join(f"{name}: {fault}" for name, fault in self.faults.items())
        super().__init__(f"Some values cannot be kept. {told}", next_step="Correct the fields that are marked.")


class FieldUnknown(FieldsError):
    """There is no such field, or the actor may not see it."""

    code = "fields.unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no field “{name}”.", next_step="Look at the list of fields.", name=name)


class FieldNotEditable(FieldsError):
    """The actor may not change this field."""

    code = "fields.not_editable"

    def __init__(self, name: str) -> None:
        super().__init__(f"You may not change “{name}”.", next_step="Ask your supervisor if you need it.", name=name)


class DefinitionInvalid(FieldsError):
    """A field or a kind of records cannot be defined like this: `faults` by the part of the definition."""

    code = "fields.definition_invalid"

    def __init__(self, faults: Mapping[str, ValueRefused]) -> None:
        self.faults = dict(faults)
        told = "; ".join(f"{part}: {fault}" for part, fault in faults.items())
        super().__init__(f"This cannot be defined so. {told}", next_step="Correct what is marked.")


class DefinitionChanged(FieldsError):
    """Somebody else has changed the definition meanwhile."""

    code = "fields.definition_changed"

    def __init__(self) -> None:
        super().__init__("Somebody else has changed this meanwhile.", next_step="Load the page again.")


class RecordUnknown(FieldsError):
    """There is no such record of the party."""

    code = "fields.record_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such record.", next_step="Load the customer's page again.")
