"""The fields that every party has by itself, described like those that are defined on screen."""

from __future__ import annotations

from typing import Any, Final

from guanxi.parties.custom_fields.conditions import Condition, Operator, comparison
from guanxi.parties.custom_fields.definition import Choice, FieldDefinition, FieldType, Words
from guanxi.parties.custom_fields.field import Asking, Field

_PEOPLE: Final = ("person", "staff")
_CONTACT: Final = """(SELECT point.value FROM parties_contactpoint point WHERE point.party_id = party.id
 AND point.kind = '{kind}' AND point.valid_to IS NULL ORDER BY point.preferred DESC, point.id LIMIT 1)"""
_ASK_CONTACT: Final = """party.id IN (SELECT parties_surviving(point.party_id) FROM parties_contactpoint point
 WHERE point.kind = '{kind}' AND point.valid_to IS NULL AND {asked})"""
_IDENTIFIER: Final = """(SELECT identifier.value FROM parties_identifier identifier WHERE identifier.party_id = party.id
 ORDER BY identifier.id LIMIT 1)"""
_ASK_IDENTIFIER: Final = """party.id IN (SELECT parties_surviving(identifier.party_id)
 FROM parties_identifier identifier WHERE {asked})"""
_NEGATIVE: Final = {Operator.IS_NOT: Operator.IS, Operator.EMPTY: Operator.FILLED}


def _words(en: str, zh_hans: str, zh_hant: str) -> Words:
    return Words(en, zh_hans, zh_hant)


def _column(name: str, title: Words, type_: FieldType = FieldType.TEXT, **said: Any) -> Field:  # noqa: ANN401
    """A field that stands in a column of its own, of the same name."""
    editable = said.pop("editable", True)
    definition = FieldDefinition(type=type_, title=title, **said)
    text = type_ in {FieldType.TEXT, FieldType.CHOICE}
    sql = f"party.{name}" + (' COLLATE "C"' if text else "")
    column = name if editable else ""
    return Field(name, definition, type_, sql, builtin=True, editable=editable, column=column)


def _elsewhere(name: str, title: Words, read: str, ask: str, column: str, contact: str = "", **said: Any) -> Field:  # noqa: ANN401
    """A field of which a party can have several, in a table of its own; the preferred one is shown, any is found."""

    def asking(operator: Operator, value: Any) -> Condition:  # noqa: ANN401 - by its type
        asked = comparison(FieldType.TEXT, f'{column} COLLATE "C"', _NEGATIVE.get(operator, operator), value)
        found = ask.replace("{asked}", asked.sql)
        return Condition(f"NOT ({found})" if operator in _NEGATIVE else f"({found})", asked.parameters)

    definition = FieldDefinition(type=FieldType.TEXT, title=title, **said)
    asks: Asking = asking
    return Field(
        name,
        definition,
        FieldType.TEXT,
        read,
        builtin=True,
        editable=bool(contact),
        contact=contact,
        indexable=False,
        asking=asks,
    )


def _contact(kind: str, title: Words, **said: Any) -> Field:  # noqa: ANN401 - parts of a definition
    read, ask = _CONTACT.replace("{kind}", kind), _ASK_CONTACT.replace("{kind}", kind)
    return _elsewhere(kind, title, read, ask, "point.value", contact=kind, **said)


_KINDS: Final = (
    Choice("person", _words("Person", "个人", "個人")),
    Choice("organisation", _words("Organisation", "机构", "機構")),
    Choice("staff", _words("Member of staff", "员工", "員工")),
)
_GENDERS: Final = (Choice("F", _words("Female", "女", "女")), Choice("M", _words("Male", "男", "男")))
_TIERS: Final = (
    Choice("diamond", _words("Diamond", "钻石", "鑽石")),
    Choice("gold", _words("Gold", "黄金", "黃金")),
    Choice("silver", _words("Silver", "白银", "白銀")),
    Choice("basic", _words("Basic", "普通", "普通")),
)
_LANGUAGES: Final = (
    Choice("zh-Hans", Words("简体中文", "简体中文", "简体中文")),
    Choice("zh-Hant", Words("繁體中文", "繁體中文", "繁體中文")),
    Choice("en", Words("English", "English", "English")),
)

BUILTIN: Final[tuple[Field, ...]] = (
    _column("number", _words("Customer number", "客户号", "客戶號"), editable=False, longest=20),
    _column("name", _words("Name", "姓名", "姓名"), required=True),
    _column("latin_name", _words("Latin name", "拉丁名", "拉丁名")),
    _column("kind", _words("Kind", "类型", "類型"), FieldType.CHOICE, editable=False, choices=_KINDS),
    _column("tier", _words("Tier", "等级", "等級"), FieldType.CHOICE, choices=_TIERS),
    _column("branch", _words("Branch", "网点", "網點"), longest=12),
    _column("birth_date", _words("Born or founded", "出生或成立日期", "出生或成立日期"), FieldType.DATE),
    _column("gender", _words("Gender", "性别", "性別"), FieldType.CHOICE, choices=_GENDERS, kinds=_PEOPLE),
    _column("occupation", _words("Occupation or industry", "职业或行业", "職業或行業"), longest=60),
    _column("language", _words("Language", "语言", "語言"), FieldType.CHOICE, choices=_LANGUAGES, required=True),
    _contact("phone", _words("Phone", "电话", "電話"), pattern=r"\+[1-9][0-9]{5,14}", longest=16),
    _contact("email", _words("E-mail", "电子邮箱", "電子郵箱"), pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+", longest=254),
    _contact("address", _words("Address", "地址", "地址"), longest=300),
    _elsewhere(
        "identifier",
        _words("Document", "证件号", "證件號"),
        _IDENTIFIER,
        _ASK_IDENTIFIER,
        "identifier.value",
        longest=40,
    ),
    _column("customer_since", _words("Customer since", "开户日期", "開戶日期"), FieldType.DATE, editable=False),
)
NAMES: Final = frozenset(field.name for field in BUILTIN)
RESERVED: Final = NAMES | {
    *("id", "party", "record", "custom", "merged_into", "created_at", "updated_at", "version", "q", "page", "sort"),
    *("true", "false", "none", "and", "or", "not", "if", "else", "in", "is", "for", "lambda", "columns", "filter"),
}
