"""Which fields of a party as a source tells it will be empty when it is compared, and why."""

from __future__ import annotations

from collections.abc import Iterator

from guanxi.parties.normalisation.calendar_dates import read_date
from guanxi.parties.normalisation.email_addresses import read_emails
from guanxi.parties.normalisation.identity_documents import read_document
from guanxi.parties.normalisation.phone_numbers import read_phones
from guanxi.parties.normalisation.record import RawParty


def doubts_of(raw: RawParty) -> Iterator[str]:
    """Each doubt as `field: why`: the fields that have a form that can be wrong."""
    for phone in raw.phones:
        yield from (f"phone: {why}" for why in read_phones(phone, raw.country).doubts)
    for email in raw.emails:
        yield from (f"email: {why}" for why in read_emails(email).doubts)
    for document in raw.documents:
        organisation = raw.kind == "organisation"
        yield from (f"document: {why}" for why in read_document(document, organisation=organisation).doubts)
    if raw.birth_date:
        yield from (f"birth_date: {why}" for why in read_date(raw.birth_date, raw.date_order).doubts)
