"""A source record as it is compared: normalised, then flattened into the columns of its kind."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pyarrow as pa

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import ORGANISATION, PERSON, RawParty
from guanxi.parties.resolution.columns import COMPANY_COLUMNS, PERSON_COLUMNS, company_row, person_row

KINDS: Final = (PERSON, ORGANISATION)
COLUMNS: Final[dict[str, pa.Schema]] = {PERSON: PERSON_COLUMNS, ORGANISATION: COMPANY_COLUMNS}


def comparable(mapped: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    """The kind of the party that `mapped` (a `RawParty` as JSON) tells of, and its columns."""
    party = normalise(msgspec.convert(mapped, RawParty))
    return (party.kind, company_row(party)) if party.kind == ORGANISATION else (party.kind, person_row(party))
