"""Changing peers and deciding about files: checked, on record, and in force with the same commit."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from guanxi.access.audit import record_change
from guanxi.exchange.endpoint_operations import differences
from guanxi.exchange.errors import FileStateForbidden, ParametersChanged, ParametersInvalid
from guanxi.exchange.files.handling import handlers_by_kind
from guanxi.exchange.files.peers import FilePeer, faults_in
from guanxi.exchange.models import FileContent, FileEvent, FilePeerRow, FilePeerVersion, TransferredFile
from guanxi.storage.transactions import open_transaction

_LONGEST_REASON: Final = 200


def save_peer(
    *, name: str, content: Mapping[str, Any], actor: str, reason: str, at: dt.datetime, from_version: int
) -> int:
    """Keep a peer over `from_version`, 0 for a new one; its version then. `ParametersInvalid`, `ParametersChanged`."""
    faults = faults_in(name, content, handlers_by_kind())
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        faults["reason"] = f"Say why, in at most {_LONGEST_REASON} characters."
    if not from_version and "name" not in faults and FilePeerRow.objects.filter(name=name).exists():
        faults["name"] = "There is a peer of this name."
    if faults:
        raise ParametersInvalid(faults)
    kept = msgspec.to_builtins(msgspec.convert(dict(content), FilePeer))
    with open_transaction():
        row = FilePeerRow.objects.select_for_update().filter(name=name).first()
        if (row.version if row else 0) != from_version:
            raise ParametersChanged(name)
        before = row.content if row else {}
        if row and not differences(before, kept):
            return row.version
        row = row or FilePeerRow(name=name, version=0)
        row.content, row.enabled, row.version = kept, kept["enabled"], row.version + 1
        row.save()
        FilePeerVersion.objects.create(peer=row, version=row.version, at=at, actor=actor, reason=reason, content=kept)
        detail = {"version": row.version, "reason": reason, "changes": differences(before, kept)}
        record_change(actor=actor, action="change_file_peer", subject=f"file_peer:{name}", at=at, detail=detail)
        return row.version


def release(*, file_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """A file in quarantine is all right after all: it is handled. `FileStateForbidden` when it is not there."""
    with open_transaction():
        file = TransferredFile.objects.select_for_update().get(id=file_id)
        if file.state != "quarantined":
            raise FileStateForbidden(f"It is {file.state}, not in quarantine.")
        if not FileContent.objects.filter(file_id=file_id).exists():
            raise FileStateForbidden("It was never fetched whole; the peer has to send it again.")
        _step(file, "received", "released from quarantine", actor=actor, at=at, action="release_file")


def cancel(*, file_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """A file that waits is not to be sent. `FileStateForbidden` when it is on its way or there."""
    with open_transaction():
        file = TransferredFile.objects.select_for_update().get(id=file_id)
        if file.state != "queued":
            raise FileStateForbidden(f"It is {file.state}: only what waits can be cancelled.")
        file.ended_at = at
        _step(file, "cancelled", "cancelled", actor=actor, at=at, action="cancel_file")


def try_now(*, file_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """A file that could not be sent is tried at the next look, without its pause."""
    with open_transaction():
        file = TransferredFile.objects.select_for_update().get(id=file_id)
        if file.state not in {"queued", "sending"}:
            raise FileStateForbidden(f"It is {file.state}: there is nothing to try again.")
        _step(file, file.state, "to be tried now", actor=actor, at=at, action="try_file")


def _step(file: TransferredFile, state: str, told: str, *, actor: str, at: dt.datetime, action: str) -> None:
    before, file.state, file.changed_at, file.next_attempt_at = file.state, state, at, None
    if state != before:
        file.sentence = file.code = ""
    file.save()
    FileEvent.objects.create(file=file, at=at, state=state, actor=actor, sentence=told)
    record_change(
        actor=actor, action=action, subject=f"file:{file.id}", at=at, detail={"name": file.name, "from": before}
    )
