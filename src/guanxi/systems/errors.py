"""What keeps a peer from answering, or makes its answer a no.

SystemsError
├── PeerUnreachable    no connection: nothing was sent
├── PeerSilent         it was sent, and what came back (if anything) says nothing of what became of it
└── PeerRefused        the peer says no; carries the reason
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError
from guanxi.kernel.vocabulary import Reason


class SystemsError(GuanxiError):
    """The family of errors that adapters share."""

    code = "systems.error"
    permanent = False


class PeerUnreachable(SystemsError):
    """There is no connection; nothing was sent."""

    code = "systems.unreachable"


class PeerSilent(SystemsError):
    """It was sent, and no answer came that says what became of it."""

    code = "systems.silent"


class PeerRefused(SystemsError):
    """The peer says no, and did nothing."""

    code = "systems.refused"
    permanent = True

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The peer refuses: {reason}.", reason=reason.value)
        self.reason = reason
