"""Whether a known key now tells of somebody else: sources re-use their numbers.

A person may change the name, or have a birth date corrected; hardly ever both at once. Two of name, birth date and
document that contradict, with none that agrees, make it somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import NormalisedParty, RawParty


def contradictions(before: RawParty, after: RawParty) -> Sequence[str]:
    """What speaks for another person or organisation, when it is enough; empty: it is the same one, changed."""
    if (before.name, before.surname, before.given_name) == (after.name, after.surname, after.given_name):
        return ()
    old, new = normalise(before), normalise(after)
    judged = {"name": _names(old, new), "birth_date": _dates(old, new), "documents": _documents(old, new)}
    against = [field for field, agrees in judged.items() if agrees is False]
    if old.kind != new.kind and judged["documents"] is None:
        against.append("kind")
    return against if len(against) > 1 and not any(agrees for agrees in judged.values()) else ()


def _names(old: NormalisedParty, new: NormalisedParty) -> bool | None:
    """Whether the names could be of one: they share a reading, or one's words are the other's."""
    if not old.name or not new.name:
        return None
    if old.name == new.name or set(old.name_keys) & set(new.name_keys):
        return True
    if {old.name, new.name} & {*old.former_names, *new.former_names}:
        return True
    if old.company_core and new.company_core:
        return old.company_core in new.company_core or new.company_core in old.company_core
    shared = {old.given_name, old.given_pinyin} & {new.given_name, new.given_pinyin} - {""}
    return True if shared else False  # noqa: SIM210 - three answers: None is one of them


def _dates(old: NormalisedParty, new: NormalisedParty) -> bool | None:
    """Alike but for one part: a day mistyped, a year corrected."""
    if not old.birth_date or not new.birth_date:
        return None
    parts = zip(old.birth_date.split("-"), new.birth_date.split("-"), strict=True)
    return sum(one == other for one, other in parts) > 1


def _documents(old: NormalisedParty, new: NormalisedParty) -> bool | None:
    """Documents of one kind: a passport is renewed with another number, an identity number stays."""
    if set(old.identifiers) & set(new.identifiers):
        return True
    lasting = [{each for each in side.identifiers if not each.startswith("passport:")} for side in (old, new)]
    kinds = [{each.partition(":")[0] for each in side} for side in lasting]
    return False if kinds[0] & kinds[1] else None
