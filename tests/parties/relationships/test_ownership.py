"""Whoever owns a company in the end is found through chains and circles, and nothing is owned twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.relationships.ownership import Ownership, Share, chains, integrated, ownership_of


def parts(found: Ownership[str]) -> dict[str, float]:
    return {owner.name: round(owner.part, 9) for owner in found.owners}


def shares(*told: str) -> list[Share[str]]:
    """ "P-A 80" reads: P holds 80 % of A."""
    return [Share(pair.split("-")[0], pair.split("-")[1], float(part) / 100) for pair, part in map(str.split, told)]


def test_shares_are_multiplied_along_a_chain_and_added_over_chains() -> None:
    # Directly 10 %, and 60 % of a company that has 50 %: 0.1 + 0.6 x 0.5.
    found = ownership_of("T", shares("P-T 10", "P-M 60", "M-T 50", "Q-M 40", "Q-T 40"))
    assert parts(found) == {"M": 0.5, "P": 0.4, "Q": 0.6}
    assert [owner.name for owner in found.beneficial({"P", "Q"})] == ["Q", "P"]
    assert found.unknown == pytest.approx(0)


def test_a_circle_is_summed_to_its_end() -> None:
    # A and B hold 20 % and 50 % of each other; once round is 0.1, so what goes in is divided by 0.9.
    found = ownership_of("A", shares("P-A 80", "B-A 20", "A-B 50", "Q-B 50"))
    assert parts(found)["P"] == pytest.approx(0.8 / 0.9)
    assert parts(found)["Q"] == pytest.approx(0.5 * 0.2 / 0.9)
    assert found.circles == (("A", "B"),)
    assert found.closed == ()


def test_a_company_does_not_own_others_through_itself() -> None:
    # B's part of A is what it holds directly: the way A -> B -> A comes through B itself and is left out.
    found = ownership_of("A", shares("B-A 20", "A-B 50", "P-A 80", "Q-B 50"))
    assert parts(found)["B"] == pytest.approx(0.2)


def test_a_circle_that_nobody_outside_has_a_part_of_is_reported() -> None:
    found = ownership_of("T", shares("A-T 60", "P-T 40", "A-B 100", "B-A 100"))
    assert found.closed == (("A", "B"),)
    assert parts(found) == {"A": 0.6, "P": 0.4}
    assert found.unknown == pytest.approx(0.6)


def test_more_than_everything_is_reported_and_scaled_down() -> None:
    found = ownership_of("T", shares("P-T 90", "Q-T 60"))
    assert found.exceeding == (("T", 1.5),)
    assert parts(found) == {"P": 0.6, "Q": 0.4}


def test_a_quarter_exactly_is_enough() -> None:
    found = ownership_of("T", shares("P-M 50", "M-T 50", "Q-T 24.9999"))
    assert [owner.name for owner in found.beneficial({"P", "Q"})] == ["P"]


def test_control_goes_further_than_ownership() -> None:
    # 51 % at each of four steps is less than 7 % of the wealth, and all of the say.
    found = ownership_of("D", shares("P-A 51", "A-B 51", "B-C 51", "C-D 51", "Q-D 49"))
    owners = {owner.name: owner for owner in found.owners}
    assert owners["P"].controls
    assert owners["P"].part == pytest.approx(0.51**4)
    assert not owners["Q"].controls


def test_votes_of_controlled_companies_count_together() -> None:
    found = ownership_of("T", shares("P-A 60", "A-T 30", "P-T 25", "Q-T 45"))
    assert {owner.name for owner in found.owners if owner.controls} == {"P"}


def test_chains_tell_how() -> None:
    told = shares("P-T 10", "P-M 60", "M-T 50", "T-M 5")
    assert [(chain.names, round(chain.part, 6)) for chain in chains("P", "T", told)] == [
        (("P", "M", "T"), 0.3),
        (("P", "T"), 0.1),
    ]


@st.composite
def groups(draw: st.DrawFn) -> list[Share[str]]:
    """Companies that hold parts of one another at will, and three persons who hold all that is left."""
    companies = [f"c{number}" for number in range(draw(st.integers(1, 6)))]
    found = []
    for company in companies:
        among = draw(st.lists(st.integers(0, 20), min_size=len(companies), max_size=len(companies)))
        persons = draw(st.lists(st.integers(0, 20), min_size=3, max_size=3))
        persons[0] += 1
        total = sum(among) + sum(persons)
        named = [*zip(companies, among, strict=True), *zip("PQR", persons, strict=True)]
        found += [Share(name, company, part / total) for name, part in named if part]
    return found


@given(groups())
def test_all_of_a_company_is_in_the_hands_of_persons_in_the_end(told: list[Share[str]]) -> None:
    # What a company holds of itself is left out, so the rest of it is made whole first.
    told = [share for share in told if share.owner != share.company]
    for company in {share.company for share in told}:
        kept = sum(share.part for share in told if share.company == company)
        told = [Share(s.owner, s.company, s.part / kept) if s.company == company else s for s in told]
    found = ownership_of("c0", told)
    assert sum(part for name, part in parts(found).items() if name in "PQR") == pytest.approx(1)
    assert found.unknown == pytest.approx(0, abs=1e-6)


@given(groups())
def test_the_matrix_agrees_with_its_definition(told: list[Share[str]]) -> None:
    """Y_ij = A_ij + the sum over n other than i of Y_in A_nj: Baldone, Brioschi and Paleari (1998)."""
    names = sorted({share.owner for share in told} | {share.company for share in told})
    direct = np.zeros((len(names), len(names)))
    for share in told:
        if share.owner != share.company:
            direct[names.index(share.owner), names.index(share.company)] = share.part
    found = integrated(direct)
    for owner in range(len(names)):
        others = [number for number in range(len(names)) if number != owner]
        assert found[owner] == pytest.approx(direct[owner] + found[owner, others] @ direct[others], abs=1e-9)


@given(groups())
def test_nobody_has_more_than_everything(told: list[Share[str]]) -> None:
    for owner in ownership_of("c0", told).owners:
        assert -1e-9 <= owner.part <= 1 + 1e-9
