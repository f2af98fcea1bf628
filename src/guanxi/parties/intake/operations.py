"""Describing sources, and starting, stopping and deciding about loads. Every change is on record with who made it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

import psycopg
from django.db import IntegrityError, connection
from procrastinate.contrib.django import app as queue

from guanxi.access.audit import record_change
from guanxi.kernel.identity import uuid7
from guanxi.parties.intake.description import SourceDescription, faults_in, write_description
from guanxi.parties.intake.errors import (
    DescriptionInvalid,
    FullLoadMissing,
    LoadStateForbidden,
    LoadUnderWay,
    SourceChanged,
)
from guanxi.parties.intake.states import RESUMABLE, HeldState, LoadState
from guanxi.parties.models import HeldRow, IntakeFile, Load, Source, SourceRecord, SourceVersion
from guanxi.storage.transactions import open_transaction

LOAD_TASK: Final = "parties:load_records"
_KEY_KEPT: Final = 58


def save_source(
    *,
    name: str,
    title: str,
    trust: float,
    owner: str,
    description: SourceDescription,
    reason: str,
    actor: str,
    at: dt.datetime,
    from_version: int,
) -> Source:
    """Make a source, or change it from the version that was looked at."""
    faults = faults_in(description)
    if not title.strip():
        faults["title"] = "Give it a name that colleagues know."
    if not 0 <= trust <= 1:
        faults["trust"] = "Trust goes from 0 to 1."
    if faults:
        raise DescriptionInvalid(faults)
    content = {"title": title.strip(), "trust": trust, "owner": owner, "description": write_description(description)}
    kind = description.fetched_by or "file"
    with open_transaction():
        source = Source.objects.select_for_update().filter(name=name).first()
        if (source.version if source else 0) != from_version:
            raise SourceChanged
        stamp = {"version": from_version + 1, "updated_at": at, "updated_by": actor}
        source, _ = Source.objects.update_or_create(name=name, defaults={**content, **stamp, "kind": kind})
        SourceVersion.objects.create(
            source=source, version=source.version, at=at, actor=actor, reason=reason[:200], content=content
        )
        detail = {"version": source.version, "reason": reason}
        record_change(actor=actor, action="save_source", subject=f"source:{name}", at=at, detail=detail)
    return source


def start_load(*, source: Source, file: IntakeFile, mode: str, actor: str, at: dt.datetime) -> Load:
    """Line a load up for a worker. One at a time; a delta after a full load alone."""
    loads = Load.objects.filter(source=source)
    known_otherwise = SourceRecord.objects.filter(source=source.name).exists() and not loads.exists()
    if mode == "delta" and not known_otherwise and not loads.filter(mode="full", state=LoadState.COMPLETE).exists():
        raise FullLoadMissing(source.title)
    load = Load(id=uuid7(), source=source, source_version=source.version, file=file, mode=mode, actor=actor, at=at)
    try:
        with open_transaction():
            load.save(force_insert=True)
            detail = {"file": file.name, "mode": mode, "version": source.version}
            record_change(actor=actor, action="start_load", subject=f"load:{load.id}", at=at, detail=detail)
            _line_up(load.id)
    except IntegrityError as error:
        if isinstance(error.__cause__, psycopg.errors.UniqueViolation):
            raise LoadUnderWay(source.title) from error
        raise
    return load


def stop_load(*, load_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """Let it end after the batch under way."""
    running = [LoadState.WAITING, LoadState.LOADING, LoadState.RESOLVING]
    _change(load_id, running, LoadState.STOPPING, "stop_load", actor, at)


def resume_load(*, load_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """Let it go on from where it was, unless the source was loaded again since."""
    load = Load.objects.get(id=load_id)
    if Load.objects.filter(source=load.source_id, at__gt=load.at, position__gt=0).exists():
        raise LoadStateForbidden("older than another load of this source")
    _change(load_id, sorted(RESUMABLE), LoadState.WAITING, "resume_load", actor, at, ended_at=None)


def confirm_load(*, load_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """The records that a full load did not have are truly gone."""
    _change(load_id, [LoadState.DOUBTFUL], LoadState.WAITING, "confirm_load", actor, at, confirmed=True)


def drop_load(*, load_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """The file was cut short: what it had stays, and nothing is taken to be gone."""
    _change(load_id, [LoadState.DOUBTFUL], LoadState.STOPPED, "drop_load", actor, at, sentence="It was cut short.")


def _change(
    load_id: uuid.UUID,
    from_states: list[LoadState],
    to: LoadState,
    action: str,
    actor: str,
    at: dt.datetime,
    **also: str | bool | None,
) -> None:
    with open_transaction():
        load = Load.objects.select_for_update().get(id=load_id)
        if load.state not in from_states:
            raise LoadStateForbidden(load.state)
        try:
            Load.objects.filter(id=load_id).update(state=to, **also)
        except IntegrityError as error:
            raise LoadUnderWay(load.source_id) from error
        record_change(actor=actor, action=action, subject=f"load:{load_id}", at=at)
        if to == LoadState.WAITING:
            _line_up(load_id)


def _line_up(load_id: uuid.UUID) -> None:
    """A job for a worker, in the transaction of the load itself."""
    queue.configure_task(LOAD_TASK).defer(load=str(load_id))


def decide_held(*, held_id: int, decision: HeldState, actor: str, at: dt.datetime) -> None:
    """What a person says of a row under a known key: the same one, somebody else, or wrong."""
    with open_transaction():
        held = HeldRow.objects.select_for_update().select_related("record").get(id=held_id)
        if held.state != HeldState.OPEN:
            raise LoadStateForbidden(f"about a row that is {held.state}")
        held.state, held.decided_at, held.decided_by = decision, at, actor
        held.save(update_fields=["state", "decided_at", "decided_by"])
        if decision in {HeldState.SAME, HeldState.ANOTHER}:
            _supersede(held, at)
        detail = {"decision": decision, "record": held.record.record, "key": held.record.key}
        record_change(actor=actor, action="decide_held_row", subject=f"load:{held.load_id}", at=at, detail=detail)


def _supersede(held: HeldRow, at: dt.datetime) -> None:
    """The row becomes the current version under its key.

    Of somebody else it begins a record of its own; the former holder's stays what it was, gone, under a key that says
    up to which version it had the old one.
    """
    old = held.record
    old.superseded_at = at
    old.save(update_fields=["superseded_at"])
    told = SourceRecord(source=old.source, content=held.content, mapped=held.mapped, told_at=held.told_at)
    if held.state == HeldState.SAME:
        _next_version(told, old.key, old.version + 1, at, record=old.record)
        _move_link(old, told)
        return
    former = SourceRecord(source=old.source, content=old.content, mapped=old.mapped, told_at=old.told_at, gone_at=at)
    _next_version(former, f"{old.key[:_KEY_KEPT]}~{old.version}", 1, at, record=old.record)
    _move_link(old, former)
    _next_version(told, old.key, old.version + 1, at)


def _next_version(new: SourceRecord, key: str, version: int, at: dt.datetime, *, record: int | None = None) -> None:
    new.id, new.key, new.version, new.received_at = uuid7(), key, version, at
    if record is not None:
        new.record = record
    new.save(force_insert=True)


def _move_link(old: SourceRecord, new: SourceRecord) -> None:
    with connection.cursor() as cursor:
        move = "UPDATE parties_link SET source_record_id = %s WHERE source_record_id = %s"
        cursor.execute(move, [new.id, old.id])
