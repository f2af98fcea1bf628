"""Addresses of the exchange pages."""

from __future__ import annotations

from django.urls import path

from guanxi.office.exchange import breaks, endpoints, files, maps, messages, payments, routes, story
from guanxi.office.exchange import map as exchange_map

urlpatterns = [
    path("", exchange_map.exchange, name="exchange"),
    path("live", exchange_map.exchange_live, name="exchange-live"),
    path("endpoints", endpoints.endpoints, name="endpoints"),
    path("endpoints/live", endpoints.endpoints_live, name="endpoints-live"),
    path("endpoints/new", endpoints.new_endpoint, name="new-endpoint"),
    path("endpoints/try", endpoints.try_endpoint, name="try-endpoint"),
    path("endpoints/at/<str:name>", endpoints.endpoint, name="endpoint"),
    path("endpoints/at/<str:name>/back", endpoints.roll_back_endpoint, name="roll-back-endpoint"),
    path("routes", routes.routes, name="routes"),
    path("routes/decided", routes.routes_decided, name="routes-decided"),
    path("routes/new", routes.route, name="new-route"),
    path("routes/<int:route_id>", routes.route, name="route"),
    path("routes/<int:route_id>/move", routes.move_route, name="move-route"),
    path("maps", maps.maps, name="maps"),
    path("messages", messages.messages, name="messages"),
    path("messages/results", messages.message_results, name="message-results"),
    path("messages/<str:cursor>", messages.message, name="message"),
    path("payments", payments.payment_files, name="payment-files"),
    path("payments/live", payments.payment_files_live, name="payment-files-live"),
    path("payments/<uuid:file_id>", payments.payment_file, name="payment-file"),
    path("payments/<uuid:file_id>/live", payments.payment_file_live, name="payment-file-live"),
    path("payments/<uuid:file_id>/results", payments.payment_results, name="payment-results"),
    path("payments/<uuid:file_id>/status", payments.payment_status, name="payment-status"),
    path("files", files.files, name="files"),
    path("files/live", files.files_live, name="files-live"),
    path("files/peers/new", files.file_peer, name="new-file-peer"),
    path("files/peers/try", files.try_file_peer, name="try-file-peer"),
    path("files/peers/at/<str:name>", files.file_peer, name="file-peer"),
    path("files/<uuid:file_id>", files.file, name="file"),
    path("files/<uuid:file_id>/content", files.file_content, name="file-content"),
    path("files/<uuid:file_id>/<str:verb>", files.decide_file, name="decide-file"),
    path("breaks", breaks.breaks, name="breaks"),
    path("breaks/<uuid:break_id>", breaks.break_detail, name="break"),
    path("breaks/<uuid:break_id>/act", breaks.break_act, name="break-act"),
    path("requests/<uuid:request_id>", story.request_story, name="request-story"),
    path("requests/<uuid:request_id>/live", story.request_story_live, name="request-story-live"),
]
