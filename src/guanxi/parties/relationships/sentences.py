"""Evidence as a sentence, in the reader's language. Evidence is kept as facts; this is how each of them is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from guanxi.parties.relationships.kinds import Words

Fact = Mapping[str, Any]  # {"sign": one of the names below, and what its sentence names}

_SENTENCES: Final[Mapping[str, Words]] = {
    "address": Words(
        "Both live at {address}; {parties} customers do.",
        "两人登记同一地址：{address}（共 {parties} 位客户）。",
        "兩人登記同一地址：{address}（共 {parties} 位客戶）。",
    ),
    "phone": Words(
        "Both are reached on {phone}; {parties} customers are.",
        "两人登记同一电话：{phone}（共 {parties} 位客户）。",
        "兩人登記同一電話：{phone}（共 {parties} 位客戶）。",
    ),
    "email": Words(
        "Both are reached at {email}.",
        "两人登记同一邮箱：{email}。",
        "兩人登記同一電郵：{email}。",
    ),
    "account": Words(
        "{signatory} may sign for account {account} of {owner}.",
        "{signatory} 可签用 {owner} 的账户 {account}。",
        "{signatory} 可簽用 {owner} 的帳戶 {account}。",
    ),
    "payments": Words(
        "{payer} has paid {payee} in {months} of {span} months, about {typical} each.",
        "{payer} 在 {span} 个月中有 {months} 个月向 {payee} 付款，每次约 {typical}。",
        "{payer} 在 {span} 個月中有 {months} 個月向 {payee} 付款，每次約 {typical}。",
    ),
    "salary": Words(
        "{payer} has paid {payee} a salary in {months} of {span} months, about {typical} each.",
        "{payer} 在 {span} 个月中有 {months} 个月向 {payee} 发放工资，每次约 {typical}。",
        "{payer} 在 {span} 個月中有 {months} 個月向 {payee} 發放薪金，每次約 {typical}。",
    ),
    "payees": Words(
        "The payer pays {payees} people in this way.",
        "该付款人以同样方式向 {payees} 人付款。",
        "該付款人以同樣方式向 {payees} 人付款。",
    ),
    "surname": Words(
        "Both have the surname {surname}.",
        "两人同姓{surname}。",
        "兩人同姓{surname}。",
    ),
    "years": Words(
        "They were born {years} years apart.",
        "两人相差 {years} 岁。",
        "兩人相差 {years} 歲。",
    ),
    "same_name": Words(
        "Staff member {number} has the same name, and {what} is the same.",
        "员工 {number} 与该客户同名，且{what}相同。",
        "員工 {number} 與該客戶同名，且{what}相同。",
    ),
    "source": Words(
        "The system {source} says so.",
        "由系统 {source} 提供。",
        "由系統 {source} 提供。",
    ),
    "staff": Words(
        "Written down by {by}: {note}",
        "由 {by} 登记：{note}",
        "由 {by} 登記：{note}",
    ),
}
_THINGS: Final[Mapping[str, Words]] = {
    "phone": Words("the phone number", "电话号码", "電話號碼"),
    "email": Words("the e-mail address", "邮箱地址", "電郵地址"),
    "identifier": Words("the identity document", "证件号码", "證件號碼"),
}


def sentence(fact: Fact, language: str) -> str:
    """One fact as a sentence; empty for a sign of which nothing can be said."""
    words = _SENTENCES.get(str(fact.get("sign", "")))
    if words is None:
        return ""
    values = dict(fact)
    if "what" in values and values["what"] in _THINGS:
        values["what"] = _THINGS[values["what"]].of(language)
    return words.of(language).format_map(_Known(values))


def sentences(facts: Iterable[Fact], language: str) -> str:
    """All that speaks for a relationship, one sentence after the other."""
    said = [text for fact in facts if (text := sentence(fact, language))]
    return ("" if language.lower().startswith("zh") else " ").join(said)


class _Known(dict[str, Any]):
    """What a fact does not say is shown as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"
