"""Endpoints, every version of them, routes, and how gateways find endpoints to be."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class EndpointRow(models.Model):
    """A peer as it is to be reached now: the latest of its versions."""

    name = models.CharField(max_length=40, primary_key=True)
    adapter = models.CharField(max_length=200)
    protocol = models.CharField(max_length=16)
    address = models.CharField(max_length=300)
    enabled = models.BooleanField(default=True)
    parameters = models.JSONField()  # exchange.parameters.EndpointParameters
    version = models.PositiveIntegerField()

    class Meta:
        db_table = "exchange_endpoint"
        ordering: ClassVar = ["name"]


class EndpointVersion(models.Model):
    """What an endpoint was from `at` on, who made it so, and why. Rows are only ever added."""

    endpoint = models.ForeignKey(EndpointRow, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    content = models.JSONField()  # adapter, protocol, address, enabled, parameters

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "version"], name="exchange_endpoint_version_once"),
        ]


class RouteRow(models.Model):
    """A rule that says which endpoints serve which legs. Rules are tried by position."""

    position = models.PositiveIntegerField()
    name = models.CharField(max_length=60, unique=True)
    system = models.CharField(max_length=24)
    conditions = models.JSONField()  # exchange.routing.Conditions
    endpoints = models.JSONField()  # names, the preferred one first
    stand_in = models.CharField(max_length=16)
    enabled = models.BooleanField(default=True)

    class Meta:
        db_table = "exchange_route"
        ordering: ClassVar = ["position", "id"]


class EndpointHealth(models.Model):
    """How one gateway finds one endpoint: written when that changes, and a few times a minute."""

    endpoint = models.CharField(max_length=40)
    gateway = models.UUIDField()
    health = models.CharField(max_length=12)  # up, down, maintenance, disabled
    breaker = models.CharField(max_length=10)  # closed, open, half_open
    since = models.DateTimeField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(null=True)  # the last answer
    fault = models.CharField(max_length=300)
    version = models.PositiveIntegerField()  # of the endpoint, as this gateway has it
    in_flight = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "gateway"], name="exchange_endpoint_health_once"),
        ]
