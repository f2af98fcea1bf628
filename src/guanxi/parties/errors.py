"""What the parties room refuses.

PartiesError
├── KeyUsedBefore           an idempotency key belongs to an earlier request with other content
├── MergeRefused            these two cannot be made one
├── MoveNotUndone           a merge or a split cannot be taken back, or not any more
├── PartyUnknown            no party is found under this id
├── NothingToTakeBack       a reviewer has no answer that could be taken back, or not any more
├── ReviewPairTaken         a doubtful pair is not this reviewer's to answer any more
├── RelationshipRefused     two parties cannot stand so to each other, or not any more
├── SourceUnknown           no source has this name
├── SplitRefused            this cannot be parted from the party
└── SearchNotPermitted      the actor may not look for customers
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class PartiesError(GuanxiError):
    """The family of the parties room's errors."""

    code = "parties.error"


class PartyUnknown(PartiesError):
    """No party is found under this id."""

    code = "parties.unknown"

    def __init__(self) -> None:
        super().__init__("This customer is not known.", next_step="Search for the customer by name or number.")


class KeyUsedBefore(PartiesError):
    """An idempotency key belongs to an earlier request with other content."""

    code = "parties.key_used_before"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key belongs to an earlier request with other content.",
            next_step="Use a new key for a new request.",
        )


class SourceUnknown(PartiesError):
    """No source has this name."""

    code = "parties.source_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no source {name!r}.", next_step="Look at the sources under Records.", name=name)


class MergeRefused(PartiesError):
    """These two cannot be made one."""

    code = "parties.merge_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Look at both customers again and choose two that are one.")


class RelationshipRefused(PartiesError):
    """Two parties cannot stand so to each other, or not any more."""

    code = "parties.relationship_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Load the customer's relationships again and look at both of them.")


class SplitRefused(PartiesError):
    """This cannot be parted from the party."""

    code = "parties.split_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Load the customer's records again and choose what goes along.")


class MoveNotUndone(PartiesError):
    """A merge or a split cannot be taken back, or not any more."""

    code = "parties.move_not_undone"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Look at the customer's history.")


class ReviewPairTaken(PartiesError):
    """A doubtful pair is not this reviewer's to answer any more."""

    code = "parties.review_pair_taken"

    def __init__(self) -> None:
        super().__init__("This pair has been decided, or somebody else has it.", next_step="Go on with the next pair.")


class NothingToTakeBack(PartiesError):
    """A reviewer has no answer that could be taken back, or not any more."""

    code = "parties.nothing_to_take_back"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Look at the customer's records to change what was decided.")


class SearchNotPermitted(PartiesError):
    """The actor may not look for customers."""

    code = "parties.search_not_permitted"

    def __init__(self) -> None:
        super().__init__("You may not look for customers.", next_step="Sign in with an active staff account.")
