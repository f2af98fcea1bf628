"""What the exchange refuses.

ExchangeError
├── JournalUnavailable    the journal cannot be written; nothing was sent anywhere
├── ExchangeBusy          more requests wait than can be answered in time; nothing was done
├── NotStorable           a text in the request cannot be kept by the journal; nothing was done
├── PaymentFileRefused    a payment file that cannot be taken in: empty, too large, or its key is another one's
├── FilePeerAway          a peer for files cannot be reached, or does not let us in
├── FileRefused           a file from a peer is not what it should be; it goes into quarantine
├── FileStateForbidden    a file is not, or not any more, where this can be done with it
├── ParametersInvalid     an endpoint or a route was edited to nonsense; nothing was kept
├── ParametersChanged     somebody else has changed it meanwhile; nothing was kept
├── CredentialMissing     a secret that an endpoint refers to is not there
├── LegStateForbidden     a leg was to go where the table of states does not let it
├── SearchTooBroad        a search for messages took too long and was stopped
└── BreakNotYours         somebody has decided about this break already
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from guanxi.kernel.errors import GuanxiError


class ExchangeError(GuanxiError):
    """The family of exchange errors."""

    code = "exchange.error"
    permanent = False


class JournalUnavailable(ExchangeError):
    """The journal cannot be written."""

    code = "exchange.journal_unavailable"

    def __init__(self) -> None:
        super().__init__("The journal cannot be written.", next_step="Send the same request again in a moment.")


class ExchangeBusy(ExchangeError):
    """More requests wait than can be answered in time."""

    code = "exchange.busy"

    def __init__(self) -> None:
        super().__init__("Too many requests are waiting.", next_step="Send the same request again in a moment.")


class NotStorable(ExchangeError):
    """A text in the request cannot be kept, such as one with a NUL character."""

    code = "exchange.not_storable"
    permanent = True

    def __init__(self) -> None:
        super().__init__("A text in the request cannot be kept.", next_step="Leave control characters out.")


class PaymentFileRefused(ExchangeError):
    """A payment file that cannot be taken in; nothing of it was kept."""

    code = "exchange.payment_file_refused"
    permanent = True


class FilePeerAway(ExchangeError):
    """A peer for files cannot be reached, or does not let us in; nothing has changed."""

    code = "exchange.file_peer_away"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Check its address, key and credential; it is tried again by itself.")


class FileRefused(ExchangeError):
    """A file from a peer is not what it should be; it goes into quarantine."""

    code = "exchange.file_refused"
    permanent = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Have the peer send it again, or release it.")


class FileStateForbidden(ExchangeError):
    """A file is not, or not any more, where this can be done with it."""

    code = "exchange.file_state_forbidden"
    permanent = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, next_step="Look at the file again.")


class ParametersInvalid(ExchangeError):
    """An endpoint or a route was edited to nonsense; nothing was kept. `faults` has a sentence for each field."""

    code = "exchange.parameters_invalid"
    permanent = True

    def __init__(self, faults: Mapping[str, str]) -> None:
        told = "; ".join(f"{field}: {sentence}" for field, sentence in faults.items())
        super().__init__(f"This cannot be kept. {told}", next_step="Correct those fields and save again.")
        self.faults = dict(faults)


class ParametersChanged(ExchangeError):
    """Somebody else has changed an endpoint meanwhile; nothing was kept."""

    code = "exchange.parameters_changed"
    permanent = True

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has been changed by somebody else meanwhile.",
            next_step="Look at it as it is now, then edit again.",
        )


class CredentialMissing(ExchangeError):
    """A secret that an endpoint refers to is not there."""

    code = "exchange.credential_missing"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"The credential {reference} is not there.",
            next_step="Set that variable, or write that file, where the gateway runs.",
        )


class LegStateForbidden(ExchangeError):
    """A leg was to go where the table of states does not let it; it stays where it is."""

    code = "exchange.leg_state_forbidden"
    permanent = True

    def __init__(self, leg_id: uuid.UUID, present: str, following: str) -> None:
        super().__init__(f"Leg {leg_id} is {present} and cannot become {following}.")


class SearchTooBroad(ExchangeError):
    """A search for messages took too long and was stopped."""

    code = "exchange.search_too_broad"

    def __init__(self) -> None:
        super().__init__("This search took too long and was stopped.", next_step="Add a word, a channel or a time.")


class BreakNotYours(ExchangeError):
    """Somebody has decided about this break already."""

    code = "exchange.break_not_yours"
    permanent = True

    def __init__(self) -> None:
        super().__init__("Somebody has decided about this break already.", next_step="Look at it again.")
