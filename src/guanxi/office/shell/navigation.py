"""The pages that the navigation and the palette offer, each to the roles that may see it."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may
from guanxi.office.lab.desk import demo_files


class Page(NamedTuple):
    """One place to go."""

    route: str
    title: str | Promise
    icon: str
    action: Action


PAGES: Final = (
    Page("home", _("Home"), "home", Action.PLAY_CUSTOMER),
    Page("customers", _("Customers"), "users", Action.SEARCH_CUSTOMERS),
    Page("records", _("Records"), "records", Action.STEWARD_RECORDS),
    Page("exchange", _("Exchange"), "exchange", Action.VIEW_JOURNAL),
    Page("lab", _("Channel lab"), "flask", Action.PLAY_CUSTOMER),
)


def pages_for(staff: StaffMember) -> list[Page]:
    """What `staff` may open; the lab only where there is a demo bank."""
    there = {"lab": demo_files().exist}
    return [page for page in PAGES if may(staff, page.action) and there.get(page.route, True)]
