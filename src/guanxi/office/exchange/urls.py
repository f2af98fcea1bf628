"""Addresses of the exchange pages."""

from __future__ import annotations

from django.urls import path

from guanxi.office.exchange import map as exchange_map
from guanxi.office.exchange import messages, story

urlpatterns = [
    path("", exchange_map.exchange, name="exchange"),
    path("live", exchange_map.exchange_live, name="exchange-live"),
    path("messages", messages.messages, name="messages"),
    path("messages/results", messages.message_results, name="message-results"),
    path("messages/<str:cursor>", messages.message, name="message"),
    path("requests/<uuid:request_id>", story.request_story, name="request-story"),
    path("requests/<uuid:request_id>/live", story.request_story_live, name="request-story-live"),
]
