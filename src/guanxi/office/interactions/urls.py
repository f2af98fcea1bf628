"""The timeline's addresses."""

from __future__ import annotations

from django.urls import path

from guanxi.office.interactions import live, views

urlpatterns = [
    path("<uuid:party_id>/timeline", views.timeline_box, name="timeline"),
    path("<uuid:party_id>/timeline/older", views.older, name="timeline-older"),
    path("<uuid:party_id>/timeline/live", live.timeline_live, name="timeline-live"),
]
