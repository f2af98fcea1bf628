"""What stands on a customer's page beside the timeline, each fetched from its own address."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may


class Panel(NamedTuple):
    """One part of the page: the name of its address (which takes the party's id), its title, who may see it."""

    route: str
    title: str | Promise
    action: Action


PANELS: Final[tuple[Panel, ...]] = ()


def panels_for(staff: StaffMember) -> list[Panel]:
    """What `staff` may see."""
    return [panel for panel in PANELS if may(staff, panel.action)]
