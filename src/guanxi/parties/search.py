"""Members of the staff find parties while they type; how, `find` knows."""

from __future__ import annotations

from typing import Any

from django.db import connection

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may
from guanxi.parties.errors import SearchNotPermitted
from guanxi.parties.find import PartyHit, find_parties

__all__ = ["PartyHit", "search_parties"]


def search_parties(actor: StaffMember, text: str, limit: int = 20) -> list[PartyHit]:
    """The parties that `text` may mean, best first. `SearchNotPermitted` for a role that may not."""
    if not may(actor, Action.SEARCH_CUSTOMERS):
        raise SearchNotPermitted
    return find_parties(_fetch, text, limit)


def _fetch(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
