"""What differs between two texts, character by character, so that an eye finds it at once.

The alignment is one of the shortest by V. Levenshtein, "Binary codes capable of correcting deletions, insertions, and
reversals", Soviet Physics Doklady 10 (1966).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

_LONGEST: Final = 2000
_ALIKE: Final = 0.4  # texts less alike than this have letters in common by chance


class Piece(NamedTuple):
    """A run of characters that the other text has too, or does not have."""

    text: str
    same: bool


Pieces = tuple[Piece, ...]


def differences(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Both texts in pieces; joined, the pieces are the text again, and the same pieces are the same in both."""
    if left == right:
        return whole(left, same=True), whole(right, same=True)
    if max(len(left), len(right)) > _LONGEST or Levenshtein.normalized_similarity(left, right) < _ALIKE:
        return whole(left, same=False), whole(right, same=False)
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for step in Levenshtein.opcodes(left, right):
        ends = (left[step.src_start : step.src_end], right[step.dest_start : step.dest_end])
        for side, text in zip(sides, ends, strict=True):
            if text:
                side.append(Piece(text, step.tag == "equal"))
    return _joined(sides[0]), _joined(sides[1])


def whole(text: str, *, same: bool) -> Pieces:
    """A text in one piece."""
    return (Piece(text, same),) if text else ()


def _joined(pieces: list[Piece]) -> Pieces:
    """Neighbours of one sort made one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].same == piece.same:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.same)
        else:
            joined.append(piece)
    return tuple(joined)
