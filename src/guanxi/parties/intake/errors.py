"""What intake refuses.

IntakeError
├── FileUnreadable          a file cannot be read as a table
├── ColumnsMissing          a file lacks columns that its source's description names
├── DescriptionInvalid      a source was described so that nothing can be loaded with it
├── SourceChanged           somebody else has changed a source meanwhile
├── SourceUnreachable       a database or a service does not answer, or answers something else; try again
├── LoadUnderWay            one load of a source at a time
├── FullLoadMissing         a delta changes what is there, and nothing is there
├── LoadStateForbidden      a load is not where this can be done with it
└── LoadStopped             somebody has asked a load to stop; it can go on
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guanxi.parties.errors import PartiesError


class IntakeError(PartiesError):
    """The family of intake's errors."""

    code = "parties.intake_error"


class FileUnreadable(IntakeError):
    """A file cannot be read as a table."""

    code = "parties.file_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__(f"The file cannot be read: {why}.", next_step="Look at the file, or say how it is to be read.")


class ColumnsMissing(IntakeError):
    """A file lacks columns that its source's description names."""

    code = "parties.columns_missing"

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(
            f"The file has no column {', '.join(missing)}.",
            next_step="Load the file that belongs to this source, or change what its columns are called.",
        )


class DescriptionInvalid(IntakeError):
    """A source was described so that nothing can be loaded with it; `faults` says what is wrong, by field."""

    code = "parties.source_invalid"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()), next_step="Correct what is named, then save again.")
        self.faults = faults


class SourceChanged(IntakeError):
    """Somebody else has changed a source meanwhile."""

    code = "parties.source_changed"

    def __init__(self) -> None:
        super().__init__(
            "Somebody has changed this source meanwhile; nothing has been saved.",
            next_step="Look at it as it is now, then change it again.",
        )


class SourceUnreachable(IntakeError):
    """A database or a service does not answer, or answers something else than it should."""

    code = "parties.source_unreachable"
    permanent = False

    def __init__(self, why: str) -> None:
        super().__init__(f"The source does not answer as it should: {why}.", next_step="Try again when it does.")


class LoadUnderWay(IntakeError):
    """One load of a source at a time."""

    code = "parties.load_under_way"
    permanent = False

    def __init__(self, source: str) -> None:
        super().__init__(
            f"Another load of {source} is under way; nothing has been changed.",
            next_step="Wait until it has ended, or stop it.",
        )


class FullLoadMissing(IntakeError):
    """A delta changes what is there, and nothing is there."""

    code = "parties.full_load_missing"

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source} has not been loaded in full yet: a delta only says what has changed since.",
            next_step="Load everything the source has first; then this file.",
        )


class LoadStateForbidden(IntakeError):
    """A load is not where this can be done with it."""

    code = "parties.load_state_forbidden"

    def __init__(self, state: str) -> None:
        super().__init__(f"This load is {state}.", next_step="Look at it again: it may have gone on meanwhile.")


class LoadStopped(IntakeError):
    """Somebody has asked a load to stop."""

    code = "parties.load_stopped"
    permanent = False

    def __init__(self) -> None:
        super().__init__("Somebody has stopped it.", next_step="It can go on from where it was.")
