"""What differs is marked, nothing is lost, and nothing that is the same is marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import RawDocument, RawParty
from guanxi.parties.review.comparison import Line, Standing, compare
from guanxi.parties.review.differences import Piece, Pieces, differences
from guanxi.parties.survivorship.statements import Statement, Told, statements_of

texts = st.text(alphabet="王李小晓明abc 1", max_size=12)


def _text(pieces: Pieces) -> str:
    return "".join(piece.text for piece in pieces)


@given(texts, texts)
def test_the_pieces_are_the_text_and_the_same_pieces_are_in_both(left: str, right: str) -> None:
    pieces = differences(left, right)
    assert (_text(pieces[0]), _text(pieces[1])) == (left, right)
    kept = ["".join(piece.text for piece in side if piece.same) for side in pieces]
    assert kept[0] == kept[1]
    assert (left == right) == all(piece.same for side in pieces for piece in side)


def test_one_character_is_marked_and_no_more() -> None:
    left, right = differences("王小明", "王晓明")
    assert left == (Piece("王", same=True), Piece("小", same=False), Piece("明", same=True))
    assert right == (Piece("王", same=True), Piece("晓", same=False), Piece("明", same=True))


def test_texts_that_share_letters_by_chance_are_marked_whole() -> None:
    assert differences("Prague", "Shanghai Road 7")[0] == (Piece("Prague", same=False),)


def _said(*values: str) -> list[Statement]:
    return [Statement(field="phone", value=value, keys=(value,), source="") for value in values]


values = st.lists(st.sampled_from(["13912345678", "13912345679", "02161234567", "+420777"]), max_size=4, unique=True)


@given(values, values)
def test_each_value_stands_in_one_line_and_what_agrees_stands_beside_each_other(
    left: list[str], right: list[str]
) -> None:
    lines = compare(_said(*left), _said(*right))
    assert sorted(_text(line.left) for line in lines if line.left) == sorted(left)
    assert sorted(_text(line.right) for line in lines if line.right) == sorted(right)
    same = [line for line in lines if line.standing is Standing.SAME]
    assert len(same) == len(set(left) & set(right))
    assert all((line.standing is Standing.ALONE) == (not line.left or not line.right) for line in lines)


def _told(raw: RawParty) -> list[Statement]:
    return statements_of(Told(record=1, source="savings", raw=raw, normalised=normalise(raw)))


def _line(lines: list[Line], field: str) -> Line:
    return next(line for line in lines if line.field == field)


def test_two_records_are_held_against_each_other_field_by_field() -> None:
    one = RawParty(
        kind="person",
        name="陳大文",
        birth_date="1980-05-03",
        phones=("138 1234 5678", "13912345679"),
        documents=(RawDocument("11010519491231002X", "resident_id"),),
    )
    other = RawParty(kind="person", name="陈大文", birth_date="1980-05-08", phones=("13912345678", "+8613812345678"))
    lines = compare(_told(one), _told(other))
    assert _line(lines, "name").standing is Standing.WRITTEN
    birth = _line(lines, "birth_date")
    assert birth.standing is Standing.DIFFERS
    assert birth.left == (Piece("1980-05-0", same=True), Piece("3", same=False))
    assert [line.standing for line in lines if line.field == "phone"] == [Standing.SAME, Standing.DIFFERS]
    assert _line(lines, "identifier.resident_id").standing is Standing.ALONE
