"""A party as a source has it, and as it is compared. Every text may be empty: unknown."""

from __future__ import annotations

import msgspec

PERSON = "person"
ORGANISATION = "organisation"
MALE = "M"
FEMALE = "F"


class RawDocument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A document or registration as it was written; `kind` may be empty, `country` is ISO 3166 alpha-2."""

    value: str
    kind: str = ""
    country: str = ""


class RawParty(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a source says of a party, column by column, before anything is believed.

    `country` is where numbers without a country code and addresses without a country belong. `date_order` says how
    03/02/1999 is meant: `dmy`, `mdy` or `ymd` (which leaves it in doubt).
    """

    kind: str = ""
    name: str = ""
    surname: str = ""
    given_name: str = ""
    latin_name: str = ""
    former_names: tuple[str, ...] = ()
    gender: str = ""
    birth_date: str = ""
    documents: tuple[RawDocument, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    postcode: str = ""
    country: str = "CN"
    date_order: str = "ymd"


class NormalisedParty(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A party in the form in which it is compared.

    `name_keys` are all readings of a person's name under which other romanisations meet it (陈大文: `chendawen`,
    `chantaiman`), `surname_keys` those of the surname, `email_keys` the mailboxes behind spelling variants.
    `identifiers` have a right check digit, where there is one; `doubts` are `field: why`.
    """

    kind: str = PERSON
    name: str = ""
    surname: str = ""
    given_name: str = ""
    name_pinyin: str = ""
    surname_pinyin: str = ""
    given_pinyin: str = ""
    former_names: tuple[str, ...] = ()
    latin_name: str = ""
    name_keys: tuple[str, ...] = ()
    surname_keys: tuple[str, ...] = ()
    gender: str = ""
    birth_date: str = ""
    identifiers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    email_keys: tuple[str, ...] = ()
    division: str = ""
    region: str = ""
    address_words: tuple[str, ...] = ()
    postcode: str = ""
    company_core: str = ""
    legal_form: str = ""
    company_branch: str = ""
    doubts: tuple[str, ...] = ()
