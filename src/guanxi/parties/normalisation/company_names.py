"""Names of organisations: place, core, legal form and branch, in Chinese and Latin letters.

Legal forms are named alike over countries (有限责任公司, Ltd, GmbH and s.r.o. are `limited`), so that a name and its
translation agree. The forms are those of the Company Law of China (2023), the order of parts that of the register's
name rules (企业名称登记管理规定, 2020: place, trade name, trade, form); ISO 20275 lists the forms of elsewhere.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from guanxi.kernel.names import syllable, without_marks
from guanxi.parties.normalisation.characters import folded, has_chinese, simplified
from guanxi.parties.normalisation.divisions import divisions
from guanxi.parties.normalisation.places import NOWHERE, Place, leading_place

_CHINESE_FORMS: Final = {
    "股份有限公司": "joint_stock", "股份公司": "joint_stock", "有限责任公司": "limited", "集团有限公司": "limited",
    "集团股份有限公司": "joint_stock", "集团有限责任公司": "limited", "有限公司": "limited",
    "无限公司": "unlimited", "合伙企业(有限合伙)": "limited_partnership", "(有限合伙)": "limited_partnership",
    "合伙企业(普通合伙)": "partnership", "(普通合伙)": "partnership", "(特殊普通合伙)": "partnership",
    "合伙企业": "partnership", "个人独资企业": "sole_trader", "个体工商户": "sole_trader",
    "(个体工商户)": "sole_trader", "农民专业合作社": "cooperative", "专业合作社": "cooperative",
    "合作社": "cooperative", "株式会社": "joint_stock", "有限会社": "limited", "合同会社": "limited",
    "集团公司": "limited", "总公司": "limited", "公司": "limited", "集团": "limited", "基金会": "foundation",
    "协会": "association", "学会": "association",
}  # fmt: skip
_BRANCH_WORDS: Final = "分公司|分行|支行|分理处|分局|办事处|代表处|营业部|营业厅|储蓄所|分店|分厂|分院|分所"
_FORM: Final = re.compile("|".join(map(re.escape, sorted(_CHINESE_FORMS, key=len, reverse=True))))
_ENDING: Final = re.compile(f"(?P<core>.+?)(?P<form>{_FORM.pattern})$")
_BRANCH: Final = re.compile(f"(?P<whole>.*?(?:{_FORM.pattern}|银行))(?P<branch>[^公司]*?(?:{_BRANCH_WORDS})[^公司]*)$")
_BARE_BRANCH: Final = re.compile(f"(?P<whole>.{{2,}}?)(?P<branch>(?:[^公司]{{2,6}}?)(?:{_BRANCH_WORDS}))$")
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)")
_BLANK: Final = re.compile("X{2,}|某某")
_NOT_WORD: Final = re.compile(r"[^\w·]+")
_LATIN_FORMS: Final = {
    "limited": "limited|ltd|co ltd|company limited|co limited|pte ltd|pty ltd|pte limited|llc|l l c|gmbh|ges m b h|"
    "gesellschaft mit beschrankter haftung|ug haftungsbeschrankt|s r o|sro|spol s r o|spolecnost s rucenim omezenym|"
    "sarl|s a r l|srl|s r l|bv|b v|kft|sp z o o|oy|ab|aps|lda|ltda|ooo|godo kaisha|yugen kaisha|gk|private limited|"
    "pvt ltd|sdn bhd|llp co ltd",
    "joint_stock": "plc|public limited company|inc|incorporated|corp|corporation|ag|aktiengesellschaft|a s|as|"
    "akciova spolecnost|sa|s a|nv|n v|spa|s p a|se|kk|k k|kabushiki kaisha|"
    "company limited by shares|joint stock company|jsc|pjsc|oao|oyj|asa|bhd|co inc|stock co",
    "partnership": "llp|lllp|ohg|gbr|v o s|vos|general partnership|partners",
    "limited_partnership": "lp|l p|kg|k s|gmbh co kg|gmbh and co kg|limited partnership",
    "cooperative": "eg|druzstvo|cooperative|coop",
    "association": "e v|ev|z s|zs|association|society",
    "foundation": "foundation|stiftung|nadace",
    "state": "s p|statni podnik",
    "company": "co|company",
    "branch": "branch",
}
_LATIN: Final = {form: name for name, forms in _LATIN_FORMS.items() for form in forms.split("|")}
_LONGEST_FORM: Final = max(form.count(" ") + 1 for form in _LATIN)
_LATIN_BRANCH: Final = re.compile(
    r"[,\-]?\s*\(?((?:[\w]+\s){0,3}(?:branch(?: office)?|representative office|sub-?branch|zweigniederlassung|"
    r"organizacni slozka|odstepny zavod))\)?\s*$",
    re.IGNORECASE,
)
_LATIN_WORD: Final = re.compile(r"[A-Z0-9]+")
_PARENT: Final = re.compile(r"\s*\b(?:group|holdings?)$", re.IGNORECASE)
_LIKE_COMPANY: Final = re.compile(
    f"(?:{_FORM.pattern}|银行|事务所|研究院|研究所|大学|学院|医院|幼儿园|小学|中学|商店|超市|酒店|饭店|餐厅|工厂|[^子]厂|中心|委员会|政府|"
    f"管理局|经营部|门市部|工作室|商行|{_BRANCH_WORDS})(?:\\([^)]*\\))?$"
)
_LAST: Final = frozenset("司行所院学园店市厅厂心会府局部室团业户社处)")  # with which all of those end


class CompanyName(NamedTuple):
    """The parts of an organisation's name."""

    name: str = ""
    core: str = ""
    legal_form: str = ""
    branch: str = ""
    division: str = ""  # of the place that the name begins with
    pinyin: str = ""  # of the core
    doubts: tuple[str, ...] = ()


@functools.lru_cache(maxsize=50_000)
def parse_company_name(text: str) -> CompanyName:
    """The parts of the name in `text`."""
    plain = folded(text)
    if has_chinese(plain):
        return _chinese(simplified(plain).replace(" ", ""))
    return _latin(plain)


@functools.lru_cache(maxsize=100_000)
def looks_like_company(text: str) -> bool:
    """Whether a name ends as names of organisations do."""
    plain = folded(text)
    if has_chinese(plain):
        simple = simplified(plain)
        return len(simple) > 3 and simple[-1] in _LAST and _LIKE_COMPANY.search(simple) is not None
    parts = _words(plain)
    if plain.upper().endswith(" CO."):
        return True
    return len(parts) > 1 and _latin_form(parts)[0] not in {"", "company", "partnership"}


def _chinese(name: str) -> CompanyName:
    whole, branch = _branch(name)
    found = _ENDING.fullmatch(whole)
    rest, form = (found["core"], _CHINESE_FORMS[found["form"]]) if found else (whole, "")
    rest = rest.removesuffix("集团") if form and len(rest) > 3 else rest
    places = [place for inside in _IN_BRACKETS.findall(rest) if (place := leading_place(inside)).code]
    rest = _NOT_WORD.sub("", _IN_BRACKETS.sub(lambda bracket: "" if _is_place(bracket[1]) else bracket[1], rest))
    place = _place_of(rest) if form else NOWHERE  # 北京大学 is not 大学
    core = rest[place.length :] if len(rest) - place.length >= 2 and place.code else rest
    core = core.removeprefix("市").removeprefix("省") if core != rest and len(core) > 3 else core
    division = place.code or next((each.code for each in places), "")
    return CompanyName(
        name=_NOT_WORD.sub("", name) or name,
        core=core,
        legal_form=form,
        branch=branch,
        division=division,
        pinyin="".join(map(syllable, core)).lower(),
        doubts=_doubts_of(core),
    )


def _doubts_of(core: str) -> tuple[str, ...]:
    if not core:
        return ("no name in it",)
    return ("a placeholder in it",) if _BLANK.search(core) else ()


def _place_of(name: str) -> Place:
    """The place that a company's name begins with: of a prefecture or county that is no city only the full name counts.

    阿里 is more often the beginning of a trade name than the prefecture in Tibet.
    """
    for length in (None, 2):
        found = leading_place(name[:length])
        official = divisions()[found.code].name if found.code else ""
        if found.code.endswith("0000") or (found.code.endswith("00") and official.endswith("市")):
            return found
        if official and name[: found.length].endswith(official):
            return found
    return NOWHERE


def _is_place(text: str) -> bool:
    return text in {"中国", "集团", "控股"} or leading_place(text).length == len(text) > 0


def _branch(name: str) -> tuple[str, str]:
    """The name of the whole and of its branch: 中国工商银行股份有限公司 and 上海市分行陆家嘴支行."""
    for pattern in (_BRANCH, _BARE_BRANCH):
        if found := pattern.fullmatch(name):
            return found["whole"], _NOT_WORD.sub("", found["branch"])
    return name, ""


def _latin(text: str) -> CompanyName:
    plain = without_marks(text)
    branch = ""
    if found := _LATIN_BRANCH.search(plain):
        branch, plain = " ".join(_words(found[1])), plain[: found.start()].strip(" ,-(")
    words = _words(plain)
    form, rest = _latin_form(words)
    core = " ".join(rest)
    return CompanyName(
        name=" ".join(words),
        core=_PARENT.sub("", core) or core,
        legal_form=form,
        branch=branch,
        doubts=() if core else ("no name in it",),
    )


def _words(text: str) -> list[str]:
    """Words in capitals; & is a word, single letters with full stops stay single (S.R.O.)."""
    return _LATIN_WORD.findall(without_marks(text).upper().replace("&", " AND ").replace("'", ""))


def _latin_form(words: list[str]) -> tuple[str, list[str]]:
    """The legal form at the end and the words before it; forms stand before the name only in few countries."""
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        ending = " ".join(words[-length:]).lower()
        if ending in _LATIN:
            before, rest = _latin_form(words[: -length - 1] if words[-length - 1] == "AND" else words[:-length])
            return (_LATIN[ending] if before in {"", "company", "joint_stock"} else before), rest
    return "", words
