"""Relationships are found by parties, payments stand on timelines: this is where the two meet."""

from __future__ import annotations

import datetime as dt
import time

import psycopg

from guanxi.interactions.regular_payments import regular_payments
from guanxi.parties.relationships.queue import Worked, work_off


def find_for(database_url: str, at: dt.datetime, seconds: float) -> Worked:
    """Work for about so many seconds at finding relationships."""
    end = time.monotonic() + seconds
    with psycopg.connect(database_url, autocommit=True) as connection:
        return work_off(connection, regular_payments, at, time_is_up=lambda: time.monotonic() > end)
