"""Characters before words: widths, invisible marks, dots and traditional forms."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from guanxi.kernel.names import is_chinese
from guanxi.parties.search_tokens import simplified as simplified_by_phrases

_INVISIBLE: Final = re.compile("[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffd]")
_DOT: Final = re.compile("[\u2022\u2027\u30fb\uff65\u2219\u22c5\u0387]")
_DOTS: Final = str.maketrans(dict.fromkeys("\u2022\u2027\u30fb\uff65\u2219\u22c5\u0387", "\u00b7"))
_QIAN: Final = "乾"
_SPACES: Final = re.compile(r"\s+")
_SIMPLE: Final[set[str]] = set()  # characters seen that are nobody's traditional form; there are only so many


def folded(text: str) -> str:
    """`text` in compatibility form (NFKC): full width made half, invisible characters gone, one space between words."""
    if text.isascii():
        if text.isalnum():
            return text
    else:
        text = unicodedata.normalize("NFKC", text)
        if _DOT.search(text):
            text = text.translate(_DOTS)
    if not text.isprintable() or "\ufffd" in text:
        text = _INVISIBLE.sub("", text)
        return _SPACES.sub(" ", text).strip()
    return _SPACES.sub(" ", text).strip() if " " in text else text


def has_chinese(text: str) -> bool:
    """Whether a Chinese character is in `text`."""
    return not text.isascii() and any(map(is_chinese, text))


def simplified(text: str) -> str:
    """`text` with traditional characters simplified, by phrases where a character alone does not tell.

    乾 stays: in names and places it is qian (乾县), and not the other form of 干.
    """
    if _SIMPLE.issuperset(text):
        return text
    if any(simplified_by_phrases(character) != character for character in text if character != _QIAN):
        return _QIAN.join(map(simplified_by_phrases, text.split(_QIAN)))
    _SIMPLE.update(text)
    return text


def words(text: str) -> tuple[str, ...]:
    """A list of words written in one text."""
    return tuple(text.split())
