"""The only way to a party's record: on behalf of somebody who may see it."""

from __future__ import annotations

import uuid

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, require
from guanxi.parties.errors import PartyUnknown
from guanxi.parties.models import Party


def party_for(staff: StaffMember, party_id: uuid.UUID) -> Party:
    """The party, if `staff` may see customers; `ActionDenied` or `PartyUnknown` otherwise."""
    require(staff, Action.VIEW_CUSTOMER)
    found = Party.objects.filter(pk=party_id).first()
    if found is None:
        raise PartyUnknown
    return found
