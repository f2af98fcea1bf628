"""Find parties while somebody types: exact numbers first, then exact names, beginnings, like sounds, near spellings.

All look-ups are one statement whose parts run in that order and stop as soon as enough is found, each over an index and
each with its own limit: a surname that a million people have costs no more than one that ten have.
"""

from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from guanxi.access.cards import is_card_number, number_hash
from guanxi.parties.search_tokens import (
    bigrams,
    chinese_part,
    edit_distance_at_most_one,
    latin_words,
    neighbours,
    quote,
    simplified,
    sounds_like,
)
from guanxi.storage.configuration import configuration

Fetch = Callable[[str, list[Any]], Sequence[tuple[Any, ...]]]
"""Runs a statement with its parameters over whatever connection the caller has."""

_LONGEST_QUESTION: Final = 80
_SHORTEST_NUMBER: Final = 4
_SHORTEST_PREFIX: Final = 3
_FUZZY_CANDIDATES: Final = 300
_NUMBER: Final = re.compile(r"[0-9()+ .-]*[0-9][0-9()+ .-]*[xX]?|[A-Za-z]{0,2}[0-9()-]{4,}[A-Za-z0-9()]*")
_TOKENS: Final = (
    "(SELECT party_id, '{what}' AS what FROM parties_partysearch WHERE tokens @@ %s::tsquery LIMIT {limit})"
)
_CARD: Final = "(SELECT party_id, 'card' AS what FROM parties_card WHERE number_hash = %s LIMIT {limit})"
_FUZZY: Final = "(SELECT party_id, 'spelling' AS what FROM parties_partysearch WHERE {overlaps} LIMIT {limit})"
_FIND: Final = """
WITH hits AS MATERIALIZED (SELECT party_id, what FROM ({parts}) AS found LIMIT {limit})
SELECT party.id, party.number, party.name, party.latin_name, party.kind, party.tier, party.branch, hits.what
FROM hits JOIN parties_party found ON found.id = hits.party_id
JOIN parties_party party ON party.id = CASE
    WHEN found.merged_into_id IS NULL THEN found.id ELSE parties_surviving(found.id) END
"""
_RANKS: Final = {
    name: rank
    for rank, name in enumerate(
        (
            *("card", "customer_number", "document", "account", "phone", "email", "name", "last_digits"),
            *("name_begins", "document_begins", "account_begins", "phone_begins", "email_begins", "number_begins"),
            *("sound", "part_of_name", "spelling"),
        )
    )
}
_EXACT: Final = _RANKS["last_digits"]  # found so, nobody needs to be asked whether it was mistyped


@dataclasses.dataclass(frozen=True, slots=True)
class PartyHit:
    """A party that was found, and by what: `what` is a key of the search reference (name, phone, spelling ...)."""

    id: uuid.UUID
    number: str
    name: str
    latin_name: str
    kind: str
    tier: str
    branch: str
    what: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Part:
    sql: str
    parameters: tuple[Any, ...]


def find_parties(fetch: Fetch, text: str, limit: int) -> list[PartyHit]:
    """The parties that `text` may mean, best first."""
    question = simplified(text.strip()[:_LONGEST_QUESTION])
    found = _found(fetch, list(_parts(question, limit)), 5 * limit)
    if len(found) < limit and not any(_RANKS[hit.what] <= _EXACT for hit in found):
        found += _found(fetch, list(_fuzzy_parts(latin_words(question))), 2 * _FUZZY_CANDIDATES)
    return _ranked(found, question, limit)


def _found(fetch: Fetch, parts: list[_Part], limit: int) -> list[PartyHit]:
    if not parts:
        return []
    statement = _FIND.format(parts=" UNION ALL ".join(part.sql for part in parts), limit=limit)
    return [PartyHit(*row) for row in fetch(statement, [value for part in parts for value in part.parameters])]


def _parts(question: str, limit: int) -> Iterator[_Part]:
    if "@" in question:
        yield _tokens("email", limit, f"e:{question.lower()}")
        yield _tokens("email_begins", limit, f"e:{question.lower()}", prefix=True)
    elif _NUMBER.fullmatch(question):
        yield from _number_parts("".join(filter(str.isalnum, question)).lower(), limit)
    else:
        yield from _name_parts(question, limit)


def _number_parts(number: str, limit: int) -> Iterator[_Part]:
    if len(number) < _SHORTEST_NUMBER:
        return
    if is_card_number(number):
        yield _Part(_CARD.format(limit=limit), (number_hash(configuration().secret_key, number),))
    kinds = (("customer_number", "c"), ("document", "i"), ("account", "a"), ("phone", "p"))
    for what, letter in kinds:
        yield _tokens(what, limit, f"{letter}:{number}")
    if len(number) == _SHORTEST_NUMBER:
        yield _tokens("last_digits", limit, f"t:{number}")
    for what, letter in kinds:
        begins = "number_begins" if what == "customer_number" else f"{what}_begins"
        yield _tokens(begins, limit, f"{letter}:{number}", prefix=True)


def _name_parts(question: str, limit: int) -> Iterator[_Part]:
    chinese, words = chinese_part(question), latin_words(question)
    if chinese and not words:
        yield _tokens("name", 3 * limit, f"n:{chinese}")
        if len(chinese) > 1:
            yield _tokens("name_begins", 2 * limit, f"n:{chinese}", prefix=True)
            yield _tokens("part_of_name", 2 * limit, *(f"n:{pair}" for pair in bigrams(chinese)))
            yield _tokens("sound", limit, f"n:{sounds_like(chinese)}")
        if len(chinese) > 2:
            yield _tokens("part_of_name", limit, *(f"n:{pair}" for pair in bigrams(chinese)), either=True)
        return
    if not words:
        return
    yield _tokens("name", 3 * limit, *(f"n:{word}" for word in [*words, *chinese]))
    if len(words) > 1:
        yield _tokens("name", limit, f"n:{''.join(words)}")
    if len(words[-1]) >= _SHORTEST_PREFIX or len(words) > 1:
        yield _tokens("name_begins", 2 * limit, *(f"n:{word}" for word in words), prefix=True)
        yield _tokens("name_begins", limit, f"n:{''.join(words)}", prefix=True)
        yield _tokens("email_begins", limit, f"e:{''.join(words)}", prefix=True)


def _fuzzy_parts(words: list[str]) -> Iterator[_Part]:
    """One part for the question as one word, one for each of its words mistyped."""
    for choice in {("".join(words),), tuple(word for word in words if neighbours(word))} - {()}:
        keys = [sorted(neighbours(word)) for word in choice]
        if keys and all(keys):
            overlaps = " AND ".join(["fuzzy && %s::varchar[]"] * len(keys))
            yield _Part(_FUZZY.format(overlaps=overlaps, limit=_FUZZY_CANDIDATES), tuple(keys))


def _tokens(what: str, limit: int, *tokens: str, prefix: bool = False, either: bool = False) -> _Part:
    """The parties that have these tokens; with `prefix` the last of them need only begin so."""
    quoted = [quote(token) for token in tokens]
    if prefix:
        quoted[-1] += ":*"
    return _Part(_TOKENS.format(what=what, limit=limit), ((" | " if either else " & ").join(quoted),))


def _ranked(found: list[PartyHit], question: str, limit: int) -> list[PartyHit]:
    """Each party once, by its best reason; what only looks alike must truly be one mistake away."""
    words = latin_words(question)
    best: dict[uuid.UUID, PartyHit] = {}
    for hit in found:
        if hit.what == "spelling" and not _is_near(hit, words):
            continue
        if hit.id not in best or _RANKS[hit.what] < _RANKS[best[hit.id].what]:
            best[hit.id] = hit
    chinese = chinese_part(question)
    whole = "".join(words)

    def key(hit: PartyHit) -> tuple[Any, ...]:
        names = {chinese_part(hit.name), "".join(latin_words(hit.latin_name)), "".join(latin_words(hit.name))}
        return (not ({chinese, whole} - {""}) & names, _RANKS[hit.what], hit.number)

    return sorted(best.values(), key=key)[:limit]


def _is_near(hit: PartyHit, words: list[str]) -> bool:
    own = latin_words(hit.latin_name)
    whole = "".join(own)
    if edit_distance_at_most_one("".join(words), whole) or edit_distance_at_most_one(
        "".join(words), "".join(own[::-1])
    ):
        return True
    return all(any(edit_distance_at_most_one(word, mine) for mine in (*own, whole)) for word in words)
