"""What two people probably are to each other, and that the probability can be believed."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.demo.families import build_town, examples, wage_examples
from guanxi.parties.relationships.calibrate import Example, fit, quality, reliability
from guanxi.parties.relationships.kinds import KINDS, may_stand, role_words, roles, stored
from guanxi.parties.relationships.scoring import calibration, chance_of_paying, chance_of_wages, judge
from guanxi.parties.relationships.sentences import sentence, sentences
from guanxi.parties.relationships.signs import Common, Payments, Person

HOME = Common(address="上海市浦东新区花园路1号", at_address=2)
HUSBAND = Person(uuid.UUID(int=2), "王", dt.date(1980, 5, 3), "M")
WIFE = Person(uuid.UUID(int=1), "李", dt.date(1982, 1, 9), "F")
SON = Person(uuid.UUID(int=3), "王", dt.date(2006, 7, 1), "M")


def said(signs: frozenset[str]) -> tuple[str, float]:
    """The likeliest kind of a pair of people."""
    chances = calibration().people.chances(signs)
    kind = max(chances, key=lambda each: chances[each])
    return kind, chances[kind]


def test_a_couple_of_one_address_is_found() -> None:
    found = judge(HUSBAND, WIFE, HOME)
    assert found is not None
    assert (found.first, found.kind, found.second) == (HUSBAND, "spouse", WIFE)
    assert found.confidence > 0.8


def test_the_elder_is_the_parent_whoever_is_asked_about_first() -> None:
    for pair in ((HUSBAND, SON), (SON, HUSBAND)):
        found = judge(*pair, HOME)
        assert found is not None
        assert (found.first, found.kind, found.second) == (HUSBAND, "parent", SON)


def test_a_surname_and_an_age_alone_make_nobody_a_father() -> None:
    assert judge(HUSBAND, SON, Common()) is None


def test_a_phone_number_shared_with_a_stranger_proves_little() -> None:
    stranger = Person(uuid.UUID(int=9), "欧阳", dt.date(1979, 1, 1), "M")
    found = judge(HUSBAND, stranger, Common(phone="+8613912345678", on_phone=2))
    assert found is None or found.confidence < 0.8


def test_wages_are_told_from_rent() -> None:
    pair = uuid.UUID(int=1), uuid.UUID(int=2)
    assert chance_of_wages(Payments(*pair, 12, 12, 0.08, 30, salary=True)) > 0.95
    assert chance_of_wages(Payments(*pair, 12, 12, 0.0, 1)) < 0.5
    assert chance_of_paying(Payments(*pair, 12, 12, 0.0, 1)) == pytest.approx(13 / 14, abs=1e-4)
    assert chance_of_paying(Payments(*pair, 3, 3, 0.0, 1)) == 0


def test_on_another_town_nine_in_ten_of_what_is_said_with_nine_tenths_is_true() -> None:
    judged = list(examples(build_town(3, 2_500)))
    for band in reliability(judged, said):
        assert band.true == pytest.approx(band.confidence, abs=0.12 if band.said < 400 else 0.05)
    found = {each.kind: each for each in quality(judged, said)}
    assert found["spouse"].precision > 0.75
    assert found["spouse"].recall > 0.85
    assert found["parent"].precision > 0.7


def test_the_fit_learns_what_is_there_and_nothing_else() -> None:
    told = [Example(frozenset(("a",)), "yes")] * 90 + [Example(frozenset(("a",)), "no")] * 10
    told += [Example(frozenset(), "no")] * 100
    weights = fit(told)
    assert weights.chances(frozenset(("a",)))["yes"] == pytest.approx(0.9, abs=0.04)
    assert weights.chances(frozenset())["yes"] < 0.05
    assert len(list(wage_examples(1, 5))) >= 5


@given(st.frozensets(st.text(max_size=4), max_size=4))
def test_chances_add_up_to_one_whatever_the_signs(signs: frozenset[str]) -> None:
    assert sum(calibration().people.chances(signs).values()) == pytest.approx(1)


@given(st.sampled_from(roles()), st.uuids(), st.uuids())
def test_a_relationship_is_kept_once_whichever_end_it_is_told_from(
    role: tuple[str, str, object], one: uuid.UUID, other: uuid.UUID
) -> None:
    code = role[0]
    kept = stored(one, code, other)
    kind = KINDS[kept.kind]
    back = kind.code if code == kind.inverse else kind.inverse
    assert stored(other, back, one) == kept
    mine = role_words(kept.kind, of_first=kept.from_party == one)
    assert one == other or kind.symmetric or mine == role[2]


def test_only_those_who_may_stand_in_it() -> None:
    assert may_stand("spouse", "person", "person")
    assert not may_stand("spouse", "organisation", "person")
    assert not may_stand("shareholder", "person", "person")
    with pytest.raises(KeyError):
        stored(uuid.UUID(int=1), "acquaintance", uuid.UUID(int=2))


def test_evidence_is_a_sentence_in_the_readers_language() -> None:
    facts = [{"sign": "address", "address": "花园路1号", "parties": 2}, {"sign": "years", "years": 28}]
    assert sentences(facts, "en") == "Both live at 花园路1号; 2 customers do. They were born 28 years apart."
    assert sentences(facts, "zh-hans") == "两人登记同一地址：花园路1号（共 2 位客户）。两人相差 28 岁。"
    assert sentence({"sign": "years"}, "en") == "They were born – years apart."
    assert sentence({"sign": "gossip"}, "en") == ""
