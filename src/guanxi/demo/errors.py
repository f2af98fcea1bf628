"""What the demo bank generator refuses.

DemoError
├── BankNotEmpty        there are customers or interactions already
└── AlreadyRunning      another process is making the demo bank at this moment; try again later
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class DemoError(GuanxiError):
    """The family of the generator's errors."""

    code = "demo.error"


class BankNotEmpty(DemoError):
    """There are customers or interactions already."""

    code = "demo.bank_not_empty"

    def __init__(self) -> None:
        super().__init__(
            "This bank has customers or interactions already; nothing was changed.",
            next_step="Use an empty database, or give --replace to remove everything in this one first.",
        )


class AlreadyRunning(DemoError):
    """Another process is making the demo bank."""

    code = "demo.already_running"
    permanent = False

    def __init__(self) -> None:
        super().__init__(
            "Another process is making the demo bank in this database.", next_step="Wait until it has ended."
        )
