"""Addresses of the pages about records."""

from __future__ import annotations

from django.urls import path

from guanxi.office.records import overview, review, review_quality

urlpatterns = [
    path("", overview.records, name="records"),
    path("live", overview.records_live, name="records-live"),
    path("resolve", overview.resolve_records, name="resolve-records"),
    path("review/", review.review, name="review"),
    path("review/answer", review.review_answer, name="review-answer"),
    path("review/quality", review_quality.review_quality, name="review-quality"),
    path("review/thresholds", review_quality.thresholds, name="review-thresholds"),
]
