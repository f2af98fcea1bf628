"""What survivorship refuses.

SurvivorshipError
├── PinRefused          this value cannot be fixed in this field, or nothing is fixed there
├── RulesInvalid        rules that cannot be kept, field by field
├── RulesChanged        somebody else has changed the rules meanwhile
└── TaskSettled         somebody has settled this task already
"""

from __future__ import annotations

from collections.abc import Mapping

from guanxi.parties.errors import PartiesError


class SurvivorshipError(PartiesError):
    """The family of survivorship's errors."""

    code = "parties.survivorship_error"


class PinRefused(SurvivorshipError):
    """This value cannot be fixed in this field, or nothing is fixed there."""

    code = "parties.pin_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Choose one of the values that are shown, or write it out in full.")


class RulesInvalid(SurvivorshipError):
    """Rules that cannot be kept, field by field."""

    code = "parties.rules_invalid"

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("These rules cannot be kept.", next_step="Correct the fields that are marked.")


class RulesChanged(SurvivorshipError):
    """Somebody else has changed the rules meanwhile."""

    code = "parties.rules_changed"

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed the rules meanwhile.", next_step="Look at theirs, then make your change again."
        )


class TaskSettled(SurvivorshipError):
    """Somebody has settled this task already, or it has gone by itself."""

    code = "parties.task_settled"

    def __init__(self) -> None:
        super().__init__("This task has been settled already.", next_step="Load the list again.")
