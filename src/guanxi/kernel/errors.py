"""The root of every room's errors.

    GuanxiError             has a stable code, a sentence for the person, the next step, and permanence
    └── InvalidValue        a value that breaks its own rules; names the field

Each room hangs its own family below `GuanxiError` in its `errors.py` and draws its tree at the top of that module.
"""

from __future__ import annotations

from typing import ClassVar


class GuanxiError(Exception):
    """Anything Guanxi refuses or fails to do.

    `code` is stable and documented; `str(error)` is the sentence for the person; `next_step` tells what to do;
    `permanent` says that trying the same again cannot help.
    """

    code: ClassVar[str] = "guanxi.error"
    permanent: ClassVar[bool] = True

    def __init__(self, sentence: str, *, next_step: str = "", **data: object) -> None:
        super().__init__(sentence)
        self.next_step = next_step
        self.data = data


class InvalidValue(GuanxiError):
    """A value that breaks its own rules; `field` names where it stood."""

    code = "kernel.invalid_value"

    def __init__(self, sentence: str, *, field: str, next_step: str = "", **data: object) -> None:
        super().__init__(sentence, next_step=next_step, field=field, **data)
        self.field = field
