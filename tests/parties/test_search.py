"""A customer is found by whatever part of the record somebody knows, even mistyped."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.search_tokens import Findable, edit_distance_at_most_one, neighbours, tokens_of

ASK = """
import sys, django
django.setup()
from guanxi.access.models import StaffMember
from guanxi.parties.search import search_parties
agent = StaffMember.objects.get(username="agent")
for text in sys.argv[1:]:
    print("|".join(f"{hit.number}={hit.what}" for hit in search_parties(agent, text)))
"""
STAR = "100000001"


@pytest.fixture(scope="module")
def bank(database_url, tmp_path_factory):
    """A demo bank of 200 customers; answers what a search in it finds."""
    folder: Path = tmp_path_factory.mktemp("demo")
    from guanxi.demo.generate import Order, generate

    order = Order(
        database_url=database_url,
        secret_key=os.environ["GUANXI_SECRET_KEY"],
        folder=folder,
        until=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        customers=200,
        interactions_per_customer=40,
        processes=1,
    )
    import django

    django.setup()
    generate(order, replace=False, progress=lambda *_: None)
    environment = {**os.environ, "GUANXI_DATABASE_URL": database_url}
    wallet = pq.read_table(folder / "wallets.parquet").to_pylist()[0]

    def ask(*texts: str) -> list[dict[str, str]]:
        run = subprocess.run(
            [sys.executable, "-c", ASK, *texts], env=environment, capture_output=True, text=True, check=True
        )
        return [dict(hit.split("=") for hit in line.split("|") if hit) for line in run.stdout.split("\n")[:-1]]

    return ask, wallet


def test_found_by_everything_that_is_known(bank):
    ask, wallet = bank
    questions = {
        "王小明": "name",
        "王": "name",
        "王小": "name",
        "王小名": "sound",
        "wang xiaoming": "name",
        "xiaoming wang": "name",
        "wxm": "name",
        "wang xiao": "name_begins",
        "wang xiaomng": "spelling",
        "wangxiaomign": "spelling",
        "13800138000": "phone",
        "+86 138 0013 8000": "phone",
        "1380013": "phone_begins",
        "8000": "last_digits",
        STAR: "customer_number",
        wallet["account_number"]: "account",
        wallet["pan"]: "card",
        "wang.xiaoming@example.com": "email",
    }
    questions["1101051988"] = "document_begins"
    answers = ask(*questions)
    assert {text: hits.get(STAR) for text, hits in zip(questions, answers, strict=True)} == questions


def test_nonsense_finds_nobody(bank):
    ask, _ = bank
    assert ask("qqqqqqqq", "'; DROP TABLE x --", "🙂", "999999999999", "\\' | & !:*") == [{}, {}, {}, {}, {}]


def test_traditional_characters_find_the_simplified_and_marks_do_not_matter():
    assert tokens_of(Findable("陳國榮", "Chan Kwok Wing", "1")) >= {"n:陈国荣", "n:chan"}
    assert tokens_of(Findable("Jan Novák", "Jan Novak", "2")) >= {"n:novak", "n:jan"}
    assert "n:shan" in tokens_of(Findable("单敏", "", "3"))


@given(st.text("abcdefgh", min_size=5, max_size=12), st.data())
def test_any_single_mistake_shares_a_neighbour(word, data):
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("abcdefgh"))
    mistakes = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ]
    for mistake in mistakes:
        assert neighbours(mistake) & neighbours(word)
        assert edit_distance_at_most_one(mistake, word)
        assert edit_distance_at_most_one(word, mistake)
