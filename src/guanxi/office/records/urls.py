"""Addresses of the pages about records."""

from __future__ import annotations

from django.urls import path

from guanxi.office.records import overview

urlpatterns = [
    path("", overview.records, name="records"),
    path("live", overview.records_live, name="records-live"),
    path("resolve", overview.resolve_records, name="resolve-records"),
]
