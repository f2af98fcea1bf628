"""Upkeep of golden records: they follow new rules, and the quality of sources is written down each day."""

from __future__ import annotations

import asyncio
from typing import Final

import psycopg
from procrastinate import Blueprint

from guanxi.kernel.clock import now
from guanxi.parties.survivorship.rule_operations import choose_anew
from guanxi.parties.survivorship.snapshots import take_snapshot
from guanxi.storage.configuration import configuration

NAMESPACE: Final = "survivorship"
PARTS_A_RUN: Final = 200
blueprint: Final = Blueprint()


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="follow_rules", queueing_lock="survivorship.follow_rules", lock="survivorship.follow_rules")
async def follow_rules(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Choose the parties again that were chosen by earlier rules; how many."""
    return await asyncio.to_thread(choose_all_anew, configuration().database_url)


@blueprint.periodic(cron="47 3 * * *")
@blueprint.task(name="score_sources", queueing_lock="survivorship.score_sources")
async def score_sources(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Write down how good each source is today; how many there are."""
    return await asyncio.to_thread(_score, configuration().database_url)


def choose_all_anew(database_url: str) -> int:
    """Part by part, each in a transaction of its own, so that nobody waits long for a party."""
    done = 0
    with psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(PARTS_A_RUN):
            with connection.transaction():
                part = choose_anew(connection, now())
            done += part
            if not part:
                break
    return done


def _score(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        return take_snapshot(connection, now())
