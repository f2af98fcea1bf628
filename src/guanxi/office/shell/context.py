"""What the shell knows on every page: the navigation for this role, the languages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may
from guanxi.office.shell.navigation import pages_for


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of `shell/base.html`."""
    staff = getattr(request, "user", None)
    signed_in = isinstance(staff, StaffMember)
    return {
        "pages": pages_for(staff) if isinstance(staff, StaffMember) else (),
        "languages": settings.LANGUAGES,
        "language": get_language(),
        "may_search": signed_in and may(staff, Action.SEARCH_CUSTOMERS) if isinstance(staff, StaffMember) else False,
    }
