"""The kinds of relationship there are, as one table: what each is called from either end, and who may stand in it.

A relationship is stored once, in the direction of its kind: `from_party` is the `code` of `to_party`. Read from the
other end it has the inverse's name. A symmetric one has the lower id first, so that it cannot stand there twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final, NamedTuple

PERSON: Final = frozenset({"person", "staff"})
CUSTOMER: Final = frozenset({"person"})
STAFF: Final = frozenset({"staff"})
ORGANISATION: Final = frozenset({"organisation"})
ANYBODY: Final = PERSON | ORGANISATION
GROUPS: Final = ("household", "family", "work", "ownership", "money", "other")


class Words(NamedTuple):
    """A name in the languages of the screens."""

    english: str
    simplified: str
    traditional: str

    def of(self, language: str) -> str:
        """The name for somebody who reads `language` (en, zh-hans, zh-hant)."""
        folded = language.lower()
        if not folded.startswith("zh"):
            return self.english
        return self.traditional if folded in {"zh-hant", "zh-tw", "zh-hk"} else self.simplified


class Kind(NamedTuple):
    """One kind. `words` name what the first party is to the second, `inverse_words` the second to the first."""

    code: str
    inverse: str
    group: str
    holders: frozenset[str]  # what sort of party the first may be
    subjects: frozenset[str]  # and the second
    words: Words
    inverse_words: Words
    shares: bool = False  # says how much of the second the first holds, in per cent

    @property
    def symmetric(self) -> bool:
        """The same from either end."""
        return self.code == self.inverse


def _symmetric(code: str, group: str, who: frozenset[str], words: Words) -> Kind:
    return Kind(code, code, group, who, who, words, words)


_TABLE: Final = (
    _symmetric("household_member", "household", PERSON, Words("Lives with", "同住人", "同住人")),
    _symmetric("spouse", "family", PERSON, Words("Spouse", "配偶", "配偶")),
    Kind("parent", "child", "family", PERSON, PERSON, Words("Parent", "父母", "父母"), Words("Child", "子女", "子女")),
    _symmetric("sibling", "family", PERSON, Words("Sibling", "兄弟姐妹", "兄弟姊妹")),
    Kind(
        *("grandparent", "grandchild", "family", PERSON, PERSON),
        *(Words("Grandparent", "祖父母", "祖父母"), Words("Grandchild", "孙辈", "孫輩")),
    ),
    _symmetric("relative", "family", PERSON, Words("Relative", "亲属", "親屬")),
    Kind(
        *("employer", "employee", "work", ANYBODY, PERSON),
        *(Words("Employer", "雇主", "僱主"), Words("Employee", "员工", "員工")),
    ),
    Kind(
        *("legal_representative", "represented", "work", PERSON, ORGANISATION),
        *(
            Words("Legal representative", "法定代表人", "法定代表人"),
            Words("Legally represents", "任法定代表人", "任法定代表人"),
        ),
    ),
    Kind(
        *("director", "directed", "work", PERSON, ORGANISATION),
        *(Words("Director", "董事", "董事"), Words("Director of", "任董事", "任董事")),
    ),
    Kind(
        *("contact_person", "contact_of", "work", PERSON, ORGANISATION),
        *(Words("Contact person", "联系人", "聯絡人"), Words("Contact person of", "任联系人", "任聯絡人")),
    ),
    Kind(
        *("shareholder", "holding", "ownership", ANYBODY, ORGANISATION),
        *(Words("Shareholder", "股东", "股東"), Words("Holding", "持股公司", "持股公司")),
        shares=True,
    ),
    Kind(
        *("controller", "controlled", "ownership", ANYBODY, ORGANISATION),
        *(
            Words("Controls it by other means", "实际控制人", "實際控制人"),
            Words("Controlled by other means", "受其实际控制", "受其實際控制"),
        ),
    ),
    Kind(
        *("guarantor", "guaranteed", "money", ANYBODY, ANYBODY),
        *(Words("Guarantor", "担保人", "擔保人"), Words("Guaranteed", "被担保人", "被擔保人")),
    ),
    Kind(
        *("authorised_signatory", "account_owner", "money", ANYBODY, ANYBODY),
        *(
            Words("Authorised signatory", "授权签字人", "授權簽字人"),
            Words("Signs for the account of", "授权其签字", "授權其簽字"),
        ),
    ),
    Kind(
        *("regular_payer", "regular_payee", "money", ANYBODY, ANYBODY),
        *(Words("Pays regularly", "定期付款人", "定期付款人"), Words("Is paid regularly", "定期收款人", "定期收款人")),
    ),
    Kind(
        *("referrer", "referred", "other", ANYBODY, ANYBODY),
        *(Words("Referred by", "推荐人", "推薦人"), Words("Referred", "被推荐人", "被推薦人")),
    ),
    Kind(
        *("staff_identity", "customer_identity", "other", STAFF, CUSTOMER),
        *(
            Words("Works here as", "本行员工身份", "本行員工身分"),
            Words("Is also our customer", "本行客户身份", "本行客戶身分"),
        ),
    ),
)
KINDS: Final[Mapping[str, Kind]] = {kind.code: kind for kind in _TABLE}
SYMMETRIC: Final = tuple(kind.code for kind in _TABLE if kind.symmetric)
GROUP_WORDS: Final[Mapping[str, Words]] = {
    "household": Words("Household", "住户", "住戶"),
    "family": Words("Family", "家庭", "家庭"),
    "work": Words("Work", "工作", "工作"),
    "ownership": Words("Ownership", "股权", "股權"),
    "money": Words("Money", "资金", "資金"),
    "other": Words("Other", "其他", "其他"),
}


class Stored(NamedTuple):
    """A relationship as it is kept: in the direction of its kind."""

    from_party: uuid.UUID
    to_party: uuid.UUID
    kind: str


def stored(first: uuid.UUID, code: str, second: uuid.UUID) -> Stored:
    """How "`first` is the `code` of `second`" is kept; `code` may be the name from either end. KeyError for no kind."""
    if code not in KINDS:
        kind = next((kind for kind in _TABLE if kind.inverse == code), None)
        if kind is None:
            raise KeyError(code)
        return Stored(second, first, kind.code)
    if KINDS[code].symmetric and second < first:
        first, second = second, first
    return Stored(first, second, code)


def role_words(code: str, *, of_first: bool) -> Words:
    """What the first (or else the second) party of a relationship of this kind is to the other."""
    kind = KINDS[code]
    return kind.words if of_first else kind.inverse_words


def may_stand(code: str, first_kind: str, second_kind: str) -> bool:
    """May a party of the one kind stand in this relationship to one of the other?"""
    kind = KINDS[code]
    return first_kind in kind.holders and second_kind in kind.subjects


def roles() -> list[tuple[str, str, Words]]:
    """(code from either end, group, name) of everything that one party can be to another, in the table's order."""
    found = []
    for kind in _TABLE:
        found.append((kind.code, kind.group, kind.words))
        if not kind.symmetric:
            found.append((kind.inverse, kind.group, kind.inverse_words))
    return found
