"""Field 62."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso8583.statement import StatementEntry, read_statement, write_statement

entries = st.builds(
    StatementEntry,
    st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)),
    st.decimals(Decimal("-999999999.99"), Decimal("999999999.99"), places=2),
)


@given(st.lists(entries, max_size=40))
def test_entries_survive_the_field(given_entries: list[StatementEntry]) -> None:
    assert read_statement(write_statement(given_entries)) == given_entries


def test_the_layout() -> None:
    entry = StatementEntry(dt.date(2026, 11, 23), Decimal("-100.00"))
    assert write_statement([entry]) == "261123       -100.00"


def test_an_amount_without_a_place_is_left_out() -> None:
    assert write_statement([StatementEntry(dt.date(2026, 11, 23), Decimal("10000000000000.00"))]) == ""


@given(st.text(max_size=80))
def test_anything_else_says_nothing(text: str) -> None:
    assert isinstance(read_statement(text), list)
