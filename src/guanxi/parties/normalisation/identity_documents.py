"""Identity documents and registrations of people and organisations, checked as far as their issuers publish how.

| kind | number | checked by |
|---|---|---|
| resident_id | 18 digits, 15 until 1999; also residence permits 81, 82, 83 | GB 11643-1999: division, date, MOD 11-2 |
| foreigner_permit | country and 12 digits until 2023, 18 beginning with 9 since | form; of 18 also MOD 11-2 |
| hong_kong_id | 1 or 2 letters, 6 digits, (check) | modulo 11 |
| macau_id | 1, 5 or 7, then 6 digits, (check) | form; the check digit is not published |
| taiwan_id, taiwan_resident | letter, 9 digits; letter and letter or 8/9 for residents | modulo 10 |
| home_return_permit | H or M, 8 or 10 digits (Mainland Travel Permit for Hong Kong and Macao Residents) | form |
| taiwan_permit | 8 digits (Mainland Travel Permit for Taiwan Residents) | form |
| passport | 6 to 9 letters and digits, or the second line of its machine-readable zone | ICAO Doc 9303-4 |
| social_credit_code | 18 characters | GB 32100-2015, and the organisation code in it |
| organisation_code | 8 characters and a check character | GB 11714-1997 |
| business_licence | 15 digits (registration number until 2015) | ISO 7064 MOD 11,10 (GS 15-2006) |
| birth_number | 9 or 10 digits (Czechia, Slovakia) | python-stdnum: divisible by 11, date |
| lei | 20 characters | ISO 17442, python-stdnum |
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from stdnum import lei
from stdnum.cz import rc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10

from guanxi.parties.normalisation.characters import folded
from guanxi.parties.normalisation.check_characters import (
    credit_check,
    hong_kong_check,
    is_taiwan_number,
    mrz_check,
    organisation_check,
    resident_check,
)
from guanxi.parties.normalisation.divisions import is_division
from guanxi.parties.normalisation.doubts import says_nothing
from guanxi.parties.normalisation.record import FEMALE, MALE, RawDocument

_SEPARATORS: Final = re.compile(r"[\s\-./·()\[\]'*#_,:]+")
_ASCENDING: Final = "01234567890123456789"
_TOO_OLD: Final = 1880


class Document(NamedTuple):
    """What became of a written document: `identifiers` as `kind:value`, and what the number itself tells."""

    identifiers: tuple[str, ...] = ()
    birth_date: str = ""
    gender: str = ""
    division: str = ""
    doubts: tuple[str, ...] = ()


Reader = Callable[[str], Document]


def read_document(document: RawDocument, *, organisation: bool = False) -> Document:
    """The document in its one form, or a doubt. The kind is guessed from the form if the source does not say it."""
    plain = folded(document.value).upper()
    if not plain:
        return Document()
    number = plain if plain.isalnum() else _SEPARATORS.sub("", plain)
    if says_nothing(plain) or len(set(number)) <= 1 or number in _ASCENDING:
        return Document(doubts=("a placeholder",))
    if "<" in plain:
        return _passport_zone(plain)
    kind = _kind(document.kind)
    if kind in _READERS:
        return _READERS[kind](number)
    if not kind:
        return _guessed(number, organisation=organisation)
    return Document((f"{kind}:{number}",)) if number.isalnum() else _refused(f"not a number of a {kind}")


def resident_number(eighteen: str) -> Document:
    """A resident identity number of 18 digits."""
    if len(eighteen) != 18 or not eighteen[:17].isdecimal() or not eighteen.isascii():
        return _refused("not 18 digits")
    if resident_check(eighteen[:17]) != eighteen[17]:
        return _refused("the check digit is wrong")
    division, born = eighteen[:6], _date(eighteen[6:14])
    if not born:
        return _refused("it has a date that is none")
    if not is_division(f"{eighteen[:2]}0000"):
        return _refused("it begins with no division")
    return Document(
        identifiers=(f"resident_id:{eighteen}",),
        birth_date=born,
        gender=MALE if int(eighteen[16]) % 2 else FEMALE,
        division=division,
        doubts=() if is_division(division) else (f"{division} is no division known",),
    )


def eighteen_of_fifteen(fifteen: str) -> str:
    """The 18-digit form of a 15-digit number (GB 11643-1989): the century goes in, a check character behind.

    Sequence numbers 996 to 999 were kept for people born before 1900.
    """
    century = "18" if fifteen[12:] in {"996", "997", "998", "999"} else "19"
    plain = fifteen[:6] + century + fifteen[6:]
    return plain + resident_check(plain)


def _resident(number: str) -> Document:
    if len(number) == 15 and number.isdecimal():
        return resident_number(eighteen_of_fifteen(number))
    return resident_number(number)


def _foreigner(number: str) -> Document:
    if re.fullmatch(r"[A-Z]{3}\d{12}", number):
        return Document((f"foreigner_permit:{number}",), birth_date=_date(_century(number[7:13])))
    if re.fullmatch(r"9\d{16}[\dX]", number) and resident_check(number[:17]) == number[17]:
        gender = MALE if int(number[16]) % 2 else FEMALE
        return Document((f"foreigner_permit:{number}",), birth_date=_date(number[6:14]), gender=gender)
    return _refused("not a number of a foreigner's permit")


def _century(yymmdd: str) -> str:
    """Permits of 15 characters ended in 2023, so their holders of 24 to 99 were born in the last century."""
    return ("20" if yymmdd[:2] < "24" else "19") + yymmdd


def _hong_kong(number: str) -> Document:
    found = re.fullmatch(r"([A-Z]{1,2}\d{6})([\dA])", number)
    if not found:
        return _refused("not letters, six digits and a check digit")
    if hong_kong_check(found[1]) != found[2]:
        return _refused("the check digit is wrong")
    return Document((f"hong_kong_id:{number}",))


def _macau(number: str) -> Document:
    if not re.fullmatch(r"[157]\d{7}", number):
        return _refused("not a number of a Macao identity card")
    return Document((f"macau_id:{number}",))


def _taiwan(number: str) -> Document:
    found = re.fullmatch(r"[A-Z]([12A-D89])\d{8}", number)
    if not found:
        return _refused("not a number of Taiwan")
    if not is_taiwan_number(number):
        return _refused("the check digit is wrong")
    kind = "taiwan_id" if found[1] in "12" else "taiwan_resident"
    return Document((f"{kind}:{number}",), gender=MALE if found[1] in "1AC8" else FEMALE)


def _home_return(number: str) -> Document:
    if not re.fullmatch(r"[HM]\d{8}(\d\d)?", number):
        return _refused("not H or M and 8 or 10 digits")
    return Document((f"home_return_permit:{number[:9]}",))  # the last two of ten count how often it was issued


def _taiwan_permit(number: str) -> Document:
    if not re.fullmatch(r"\d{8}(\d\d[A-Z]?)?", number):
        return _refused("not 8 digits")
    return Document((f"taiwan_permit:{number[:8]}",))


def _passport(number: str) -> Document:
    if not re.fullmatch(r"(?=.*\d)[A-Z0-9]{6,9}", number):
        return _refused("not 6 to 9 letters and digits")
    return Document((f"passport:{number}",))


def _passport_zone(text: str) -> Document:
    """A passport from the second line of its machine-readable zone (ICAO Doc 9303-4, TD3), with its check digits."""
    line = next((each for each in reversed(text.split()) if len(each) == 44), "").translate(_FILLED)
    if not re.fullmatch(r"[A-Z0-9<]{9}\d[A-Z<]{3}\d{6}\d[MFX<]\d{6}\d[A-Z0-9<]{14}[\d<]\d", line):
        return _refused("not the second line of a passport")
    composite = line[:10] + line[13:20] + line[21:43]
    checked = ((line[:9], line[9]), (line[13:19], line[19]), (line[21:27], line[27]), (composite, line[43]))
    if any(mrz_check(field) != digit for field, digit in checked):
        return _refused("a check digit of the machine-readable zone is wrong")
    expires = int(line[21:23])
    century = "19" if int(line[13:15]) > expires else "20"
    gender = line[20] if line[20] in {MALE, FEMALE} else ""
    doubts = () if century == "19" else ("the century of the birth date is open",)
    born = _date(century + line[13:19]) if century == "19" else ""
    return Document((f"passport:{line[:9].rstrip('<')}",), birth_date=born, gender=gender, doubts=doubts)


_FILLED: Final = str.maketrans({"\u00ab": "<"})


def _social_credit(number: str) -> Document:
    if len(number) != 18 or not credit_check(number[:17]):
        return _refused("not 18 characters of a social credit code")
    if credit_check(number[:17]) != number[17]:
        return _refused("the check character is wrong")
    code = number[8:17]
    derived = (f"organisation_code:{code}",) if organisation_check(code[:8]) == code[8] else ()
    return Document(
        (f"social_credit_code:{number}", *derived), division=number[2:8] if is_division(number[2:8]) else ""
    )


def _organisation(number: str) -> Document:
    if not re.fullmatch(r"[0-9A-Z]{8}[\dX]", number):
        return _refused("not 8 characters and a check character")
    if organisation_check(number[:8]) != number[8]:
        return _refused("the check character is wrong")
    return Document((f"organisation_code:{number}",))


def _licence(number: str) -> Document:
    if len(number) == 18:
        return _social_credit(number)
    if not re.fullmatch(r"\d{15}", number):
        return _refused("not 15 digits")
    if not mod_11_10.is_valid(number):
        return _refused("the check digit is wrong")
    return Document((f"business_licence:{number}",), division=number[:6] if is_division(number[:6]) else "")


def _birth_number(number: str) -> Document:
    try:
        plain = rc.validate(number)
        born = rc.get_birth_date(plain).isoformat()
    except ValidationError:
        return _refused("not a birth number")
    return Document((f"birth_number:{plain}",), birth_date=born, gender=FEMALE if int(plain[2]) >= 5 else MALE)


def _lei(number: str) -> Document:
    return Document((f"lei:{number}",)) if lei.is_valid(number) else _refused("not a legal entity identifier")


_READERS: Final[dict[str, Reader]] = {
    "resident_id": _resident,
    "foreigner_permit": _foreigner,
    "hong_kong_id": _hong_kong,
    "macau_id": _macau,
    "taiwan_id": _taiwan,
    "taiwan_resident": _taiwan,
    "home_return_permit": _home_return,
    "taiwan_permit": _taiwan_permit,
    "passport": _passport,
    "social_credit_code": _social_credit,
    "organisation_code": _organisation,
    "business_licence": _licence,
    "birth_number": _birth_number,
    "lei": _lei,
}
_NAMES: Final = {
    "身份证": "resident_id", "居民身份证": "resident_id", "二代身份证": "resident_id", "id_card": "resident_id",
    "临时身份证": "resident_id", "户口簿": "resident_id", "港澳台居民居住证": "resident_id", "identity_card": "",
    "外国人永久居留证": "foreigner_permit", "外国人永久居留身份证": "foreigner_permit",
    "香港身份证": "hong_kong_id", "hkid": "hong_kong_id", "澳门身份证": "macau_id", "台湾身份证": "taiwan_id",
    "港澳居民来往内地通行证": "home_return_permit", "回乡证": "home_return_permit",
    "港澳通行证": "home_return_permit", "台湾居民来往大陆通行证": "taiwan_permit", "台胞证": "taiwan_permit",
    "护照": "passport", "统一社会信用代码": "social_credit_code",
    "unified_social_credit_code": "social_credit_code", "uscc": "social_credit_code",
    "组织机构代码": "organisation_code", "组织机构代码证": "organisation_code", "营业执照": "business_licence",
    "工商注册号": "business_licence", "rodne_cislo": "birth_number",
}  # fmt: skip


@functools.lru_cache(maxsize=1000)
def _kind(written: str) -> str:
    """The kind that a source means by its word for it; its own word, plain, if it is none of ours."""
    plain = re.sub(r"[\s-]+", "_", folded(written).lower())
    return _NAMES.get(plain, "" if says_nothing(plain) else plain)


def _guessed(number: str, *, organisation: bool) -> Document:
    """The first kind of which the number has the form and, if there is one, the right check character."""
    refused = Document(doubts=("of no kind of document known",))
    for form, kind in _FORMS:
        if form.fullmatch(number) and (kind in _OF_ORGANISATIONS) <= organisation:
            found = _READERS[kind](number)
            if found.identifiers:
                return found
            refused = found
    return refused


_OF_ORGANISATIONS: Final = frozenset(("organisation_code", "business_licence"))
_FORMS: Final = tuple(
    (re.compile(form), kind)
    for form, kind in (
        (r"9\d{16}[\dX]", "foreigner_permit"),
        (r"[1-8]\d{16}[\dX]", "resident_id"),
        (r"[0-9A-Z]{18}", "social_credit_code"),
        (r"\d{15}", "business_licence"),
        (r"\d{15}", "resident_id"),
        (r"[A-Z]{3}\d{12}", "foreigner_permit"),
        (r"[A-Z0-9]{20}", "lei"),
        (r"[A-Z]{1,2}\d{6}[\dA]", "hong_kong_id"),
        (r"[A-Z][12A-D89]\d{8}", "taiwan_id"),
        (r"[HM]\d{8}(\d\d)?", "home_return_permit"),
        (r"[0-9A-Z]{8}[\dX]", "organisation_code"),
        (r"(?=.*[A-Z])[A-Z0-9]{6,9}", "passport"),
    )
)


def _date(yyyymmdd: str) -> str:
    """An ISO date, or nothing if there was no such day."""
    try:
        found = dt.date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return ""
    return found.isoformat() if found.year >= _TOO_OLD else ""


def _refused(why: str) -> Document:
    return Document(doubts=(why,))
