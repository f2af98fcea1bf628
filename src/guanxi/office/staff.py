"""Who asks: the member of staff behind a request."""

from __future__ import annotations

from django.http import HttpRequest

from guanxi.access.errors import ActionDenied
from guanxi.access.models import StaffMember


def staff_of(request: HttpRequest) -> StaffMember:
    """The member of staff who is signed in; the middleware has seen to it that there is one."""
    if not isinstance(request.user, StaffMember):
        raise ActionDenied("anonymous")
    return request.user
