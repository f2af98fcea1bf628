"""What a comparison found, as a clerk would say it; what is not in the list is said in the model's own words."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guanxi.office.shell.words import word
from guanxi.parties.review.thresholds import Why

_FIELDS: Final[dict[str, str | Promise]] = {
    "name": _("Name"),
    "latin_name": _("Name in Latin letters"),
    "birth_date": _("Date of birth"),
    "gender": _("Gender"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "address": _("Address"),
    "resident_id": _("Resident identity card"),
    "hong_kong_id": _("Hong Kong identity card"),
    "passport": _("Passport"),
    "unified_social_credit_code": _("Social credit code"),
    "identity": _("Documents"),
    "place": _("Phone and address"),
    "company": _("Company"),
    "company_name": _("Company name"),
    "legal_form": _("Legal form"),
    "branch": _("Branch of the company"),
}
_FOUND: Final[dict[tuple[str, str], str | Promise]] = {
    ("prior", "prior"): _("Any two records that one meets"),
    ("total", "total"): _("All together"),
    ("name", "same"): _("The names are the same"),
    ("name", "same sound"): _("The names sound the same"),
    ("name", "surname last"): _("Surname and given name have changed places"),
    ("name", "another reading"): _("The same name, romanised in another way"),
    ("name", "one letter"): _("One letter of the names differs"),
    ("name", "one character"): _("One character of the names differs"),
    ("name", "alike"): _("The names are alike"),
    ("name", "given name"): _("Only the given names are the same"),
    ("name", "surname"): _("Only the surnames are the same"),
    ("name", "differs"): _("The names differ"),
    ("birth_date", "same"): _("Born on the same day"),
    ("birth_date", "day and month changed about"): _("Day and month of birth have changed places"),
    ("birth_date", "one figure"): _("One figure of the dates of birth differs"),
    ("birth_date", "same month"): _("Born in the same month"),
    ("birth_date", "same year"): _("Born in the same year"),
    ("birth_date", "differs"): _("Born on different days"),
    ("gender", "same"): _("The same gender"),
    ("gender", "differs"): _("Different genders"),
    ("identity", "same"): _("A document in common"),
    ("identity", "differs"): _("Different documents"),
    ("email", "same"): _("An e-mail address in common"),
    ("email", "differs"): _("Different e-mail addresses"),
    ("place", "phone and address"): _("A phone and the address in common"),
    ("place", "phone"): _("A phone in common"),
    ("place", "address"): _("The same address"),
    ("place", "house"): _("Addresses in the same house"),
    ("place", "division"): _("Addresses in the same district"),
    ("place", "differs"): _("Neither phone nor address in common"),
    ("company", "same"): _("Of the same company"),
    ("company", "differs"): _("Of different companies"),
    ("company_name", "same"): _("The names are the same"),
    ("company_name", "same core"): _("The same name but for its form"),
    ("company_name", "same sound"): _("The names sound the same"),
    ("company_name", "contained"): _("One name is part of the other"),
    ("company_name", "alike"): _("The names are alike"),
    ("company_name", "three pieces"): _("The names have parts in common"),
    ("company_name", "differs"): _("The names differ"),
    ("legal_form", "same"): _("The same legal form"),
    ("legal_form", "differs"): _("Different legal forms"),
    ("branch", "same"): _("The same branch"),
    ("branch", "differs"): _("Different branches"),
    ("gate", "another given name: a twin, a brother, a parent"): _("Held back: it may be a twin, a brother, a parent"),
    ("gate", "another birth date: a parent of the same name, a stranger"): _(
        "Held back: it may be a parent of the same name, or a stranger"
    ),
    ("gate", "one document and two persons: it may be a relative's"): _("Held back: the document may be a relative's"),
    ("gate", "two documents"): _("Held back: each has another document"),
    ("gate", "another branch"): _("Held back: it may be another branch"),
    ("gate", "another legal form: a parent and its subsidiary"): _("Held back: it may be a parent and its subsidiary"),
    ("gate", "another name at the same place"): _("Held back: another name at the same place"),
}
_REASONS: Final[dict[str, str | Promise]] = {
    "weight": _("Much speaks for it, but not enough"),
    "bridge": _("It would join two groups of records that do not agree otherwise"),
    "contradiction": _("Each side has what one customer has only once"),
}
_WHY: Final[dict[str, str | Promise]] = {
    Why.FEW: _("Too few pairs have been decided, or nearly all in the same way. At least 50 are needed, 10 of each."),
    Why.FLAT: _("The weights do not tell these pairs apart: people decide alike whatever they say."),
    Why.NO_BETTER: _("Learnt from part of the decisions, the curve foretells the others no better than the weights."),
    Why.SURE: _("From here on the decisions are sure enough, even at the cautious end of the band."),
    Why.UNSURE: _("The decisions do not speak for another place."),
    Why.DOUBTFUL: _("At the edge of what people have seen they still decide otherwise: one step outwards."),
}


def field_word(field: str) -> str:
    """The name of a field of a record, of a document by its kind."""
    kind = field.rpartition(".")[2]
    return str(_FIELDS[kind]) if kind in _FIELDS else word(kind)


def found_word(comparison: str, label: str) -> str:
    """What a step of the waterfall says."""
    known = _FOUND.get((comparison, label))
    return str(known) if known is not None else f"{field_word(comparison)}: {label}"


def reason_word(reason: str) -> str:
    """Why a pair waits for a person."""
    return str(_REASONS.get(reason, reason))


def why_word(why: str) -> str:
    """Why a threshold is where it is proposed."""
    return str(_WHY.get(why, why))
