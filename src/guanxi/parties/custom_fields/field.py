"""One field of a party or of a record, whether built in or defined on screen: all that a form, a list, a file or the
API needs to know of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

from guanxi.parties.custom_fields import values
from guanxi.parties.custom_fields.conditions import LISTED, OPERATORS, Condition, Operator, comparison
from guanxi.parties.custom_fields.definition import Choice, FieldDefinition, FieldType
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.values import Value

PARTY: Final = ""  # the subject of fields of parties

Asking = Callable[[Operator, Any], Condition]


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """A field. `sql` is its value as PostgreSQL compares and sorts it, and what `load` takes when it was selected.

    It speaks of the row as `party` (of `parties_party`) or `record` (of `parties_customrecord`).
    """

    name: str
    definition: FieldDefinition
    type: FieldType  # of the value; of a formula: of its result
    sql: str
    builtin: bool = False
    editable: bool = False  # by those for whom the field was made out
    subject: str = PARTY
    column: str = ""  # of a built-in field: the column that is written
    contact: str = ""  # of a built-in field: the kind of contact point that is written
    indexable: bool = True  # `sql` depends on nothing but the row
    asking: Asking | None = None  # where a filter is more than a comparison of `sql`

    def title(self, language: str) -> str:
        """What it is called."""
        return self.definition.title.read_in(language) or self.name

    def help(self, language: str) -> str:
        """What people should know when they fill it in."""
        return self.definition.help.read_in(language)

    @property
    def required(self) -> bool:
        """Whether it must have a value."""
        return self.definition.required

    @property
    def is_formula(self) -> bool:
        """Whether its value is worked out."""
        return self.definition.type is FieldType.FORMULA

    @property
    def choices(self) -> list[Choice]:
        """The values to choose from, without the retired ones."""
        return [choice for choice in self.definition.choices if not choice.retired]

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What a filter may ask of it."""
        return OPERATORS[self.type]

    @property
    def sort_sql(self) -> str:
        """What to put after ORDER BY; empty where there is no order."""
        return "" if self.type is FieldType.CHOICES else self.sql

    def parse(self, text: str) -> Value:
        """The value that `text` (of a form, a file) means; `ValueRefused` when it means none or is not allowed."""
        value = values.parse(self.definition, self.type, text)
        values.check(self.definition, self.type, value)
        return value

    def show(self, value: Value, language: str) -> str:
        """A value as people read it in `language`."""
        return values.show(self.definition, self.type, value, language)

    def write(self, value: Value) -> str:
        """A value as text that `parse` takes back: for inputs of forms and cells of files."""
        stored = values.store(value)
        if isinstance(stored, bool):
            return "yes" if stored else "no"
        return "" if stored is None else ", ".join(stored) if isinstance(stored, list) else str(stored)

    def load(self, raw: Any) -> Value:  # noqa: ANN401 - what `read_sql` selects
        """The value from what `read_sql` selected."""
        return values.load(self.definition, self.type, raw)

    def store(self, value: Value) -> Any:  # noqa: ANN401 - JSON
        """A value as JSON has it: in `Party.custom`, in the history, in the API."""
        return values.store(value)

    def check(self, value: Value, *, before: Value = None) -> None:
        """`ValueRefused` when the field does not allow `value`."""
        values.check(self.definition, self.type, value, before=before)

    def filter_sql(self, operator: str, value: Any = None) -> Condition:  # noqa: ANN401 - by its type
        """Whether a row's value compares so with `value` (typed; several as a tuple), as SQL."""
        known = Operator(operator) if operator in Operator.__members__.values() else None
        if known is None or known not in self.operators:
            raise ValueRefused("This field cannot be asked “{operator}”.", operator=operator)
        return self.asking(known, value) if self.asking else comparison(self.type, self.sql, known, value)

    def operand(self, operator: str, texts: Sequence[str]) -> Any:  # noqa: ANN401 - by its type
        """What `filter_sql` takes for this operator, from texts; bounds of values do not matter to a question."""
        read = [self._asked(text) for text in texts if text.strip()]
        found: list[Any] = [part for each in read for part in (each if isinstance(each, tuple) else (each,))]
        if operator in {Operator.EMPTY, Operator.FILLED}:
            return None
        wanted = 2 if operator == Operator.BETWEEN else 1
        if len(found) < wanted:
            raise ValueRefused("Say what to compare it with.")
        return tuple(found) if operator in LISTED or operator == Operator.BETWEEN else found[0]

    def _asked(self, text: str) -> Value:
        return values.parse(self.definition, self.type, text)
