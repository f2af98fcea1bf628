"""What the ISO 20022 readers refuse.

Iso20022Error
├── XmlRefused         not well-formed XML, or XML with what no message has: a document type, entities
├── MessageTooLarge    larger than what is read at all
├── MessageUnknown     well-formed, but none of the messages that are wanted here
└── ElementInvalid     an element of the message is missing or makes no sense; names it
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class Iso20022Error(GuanxiError):
    """The family of ISO 20022 errors."""

    code = "iso20022.error"


class XmlRefused(Iso20022Error):
    """Not well-formed XML, or XML with what no message has."""

    code = "iso20022.xml_refused"


class MessageTooLarge(Iso20022Error):
    """Larger than what is read at all."""

    code = "iso20022.too_large"


class MessageUnknown(Iso20022Error):
    """Well-formed, but none of the messages that are wanted here; `element` is where that shows."""

    code = "iso20022.message_unknown"

    def __init__(self, sentence: str, *, element: str, next_step: str = "") -> None:
        super().__init__(sentence, next_step=next_step, element=element)
        self.element = element


class ElementInvalid(Iso20022Error):
    """An element of the message is missing or makes no sense; `element` is its path."""

    code = "iso20022.element_invalid"

    def __init__(self, sentence: str, *, element: str, next_step: str = "") -> None:
        super().__init__(sentence, next_step=next_step, element=element)
        self.element = element
