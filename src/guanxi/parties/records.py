"""How many records there are, and what they come to."""

from __future__ import annotations

import dataclasses
from typing import Final, NamedTuple

from django.core.cache import cache
from django.db.models import Count

from guanxi.parties.models import Party, ReviewPair, SourceRecord

_MOST_SOURCES: Final = 50
_FRESH_SECONDS: Final = 15


class Share(NamedTuple):
    """Records of a source, and how wide its bar is (per cent of the largest)."""

    source: str
    number: int
    width: float


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """Records by source (the largest first), the parties that there are, and the pairs that wait for a person."""

    by_source: list[tuple[str, int]]
    parties: int
    doubts: int

    @property
    def shares(self) -> list[Share]:
        """Each source beside the largest."""
        largest = max((number for _, number in self.by_source), default=1)
        return [Share(source, number, 100 * number / largest) for source, number in self.by_source]

    @property
    def records(self) -> int:
        """All records."""
        return sum(number for _, number in self.by_source)


def overview() -> Overview:
    """As it stands; counted anew every quarter of a minute, because it reads all."""
    found = cache.get("parties.records.overview")
    if not isinstance(found, Overview):
        found = _count()
        cache.set("parties.records.overview", found, _FRESH_SECONDS)
    return found


def _count() -> Overview:
    current = SourceRecord.objects.filter(superseded_at=None, gone_at=None).values_list("source")
    by_source = list(current.annotate(number=Count("id")).order_by("-number")[:_MOST_SOURCES])
    parties = Party.objects.filter(merged_into=None).exclude(kind=Party.Kind.STAFF).count()
    return Overview(by_source, parties, ReviewPair.objects.filter(closed_at=None).count())
