"""The pages of the exchange, side by side below its title, each to the roles that may see it."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may


class Section(NamedTuple):
    """One page of the exchange."""

    route: str
    title: str | Promise
    action: Action


SECTIONS: Final[tuple[Section, ...]] = (
    Section("exchange", _("Map"), Action.VIEW_JOURNAL),
    Section("endpoints", _("Endpoints"), Action.VIEW_JOURNAL),
    Section("routes", _("Routes"), Action.VIEW_JOURNAL),
    Section("payment-files", _("Payments"), Action.VIEW_JOURNAL),
    Section("files", _("Files"), Action.VIEW_JOURNAL),
    Section("messages", _("Messages"), Action.VIEW_JOURNAL),
    Section("maps", _("Message maps"), Action.VIEW_JOURNAL),
    Section("breaks", _("Breaks"), Action.VIEW_JOURNAL),
)


def sections_for(staff: StaffMember) -> list[Section]:
    """What `staff` may open."""
    return [section for section in SECTIONS if may(staff, section.action)]
