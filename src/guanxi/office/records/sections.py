"""The pages about records, side by side below their title, each to the roles that may see it."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may


class Section(NamedTuple):
    """One page about records."""

    route: str
    title: str | Promise
    action: Action


SECTIONS: Final[tuple[Section, ...]] = (
    Section("records", _("Overview"), Action.STEWARD_RECORDS),
    Section("review", _("Doubtful pairs"), Action.STEWARD_RECORDS),
    Section("review-quality", _("What the decisions teach"), Action.STEWARD_RECORDS),
)


def sections_for(staff: StaffMember) -> list[Section]:
    """What `staff` may open."""
    return [section for section in SECTIONS if may(staff, section.action)]
