"""Files and peers as the office and the command line show them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from django.db.models import Count, Q

from guanxi.exchange.credentials import secret_of
from guanxi.exchange.errors import CredentialMissing, FilePeerAway
from guanxi.exchange.files import life, remote
from guanxi.exchange.files.peers import FilePeer
from guanxi.exchange.files.states import ENDED, FileState
from guanxi.exchange.models import (
    FileContent,
    FileEvent,
    FilePeerLook,
    FilePeerRow,
    FilePeerVersion,
    TransferredFile,
)
from guanxi.storage.configuration import configuration

FILES: Final = 40
_MOST: Final = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """Which files somebody asks for; empty fields ask for any."""

    peer: str = ""
    direction: str = ""
    state: str = ""
    text: str = ""
    before: tuple[dt.datetime, uuid.UUID] | None = None


def newest_files(wanted: Wanted) -> list[TransferredFile]:
    """Files, newest first."""
    found = TransferredFile.objects.order_by("-first_at", "-id")
    exact = {"peer_id": wanted.peer, "direction": wanted.direction, "state": wanted.state}
    found = found.filter(**{field: value for field, value in exact.items() if value})
    if wanted.text:
        found = found.filter(name__icontains=wanted.text)
    if wanted.before:
        at, file_id = wanted.before
        found = found.filter(Q(first_at__lt=at) | Q(first_at=at, id__lt=file_id))
    return list(found[:FILES])


def file_of(file_id: uuid.UUID) -> TransferredFile | None:
    """One file."""
    return TransferredFile.objects.filter(id=file_id).first()


def file_of_subject(subject_id: uuid.UUID) -> TransferredFile | None:
    """The file that has become this, such as a payment file."""
    return TransferredFile.objects.filter(subject_id=subject_id).order_by("first_at").first()


def events_of(file_id: uuid.UUID) -> list[FileEvent]:
    """What happened to it, from the beginning."""
    return list(FileEvent.objects.filter(file_id=file_id).order_by("id")[:_MOST])


def answers_to(file_id: uuid.UUID) -> list[TransferredFile]:
    """What went back for it."""
    return list(TransferredFile.objects.filter(answers_id=file_id).order_by("first_at")[:10])


def has_content(file_id: uuid.UUID) -> bool:
    """Whether its octets are kept."""
    return FileContent.objects.filter(file_id=file_id).exists()


def pieces_of(file_id: uuid.UUID) -> Iterator[bytes]:
    """Its octets."""
    return life.unpacked(bytes(FileContent.objects.values_list("compressed", flat=True).get(file_id=file_id)))


def peers() -> list[tuple[FilePeerRow, FilePeer, FilePeerLook | None]]:
    """Every peer with what came of the last look at it."""
    looks = FilePeerLook.objects.in_bulk()
    rows = FilePeerRow.objects.all()[:_MOST]
    return [(row, msgspec.convert(row.content, FilePeer), looks.get(row.name)) for row in rows]


def peer_row(name: str) -> FilePeerRow | None:
    """One peer."""
    return FilePeerRow.objects.filter(name=name).first()


def versions_of(name: str) -> list[FilePeerVersion]:
    """What it has been, the latest first."""
    return list(FilePeerVersion.objects.filter(peer_id=name).order_by("-version")[:_MOST])


def waiting() -> tuple[int, int]:
    """How many files are on their way, and how many are in quarantine."""
    open_ = TransferredFile.objects.exclude(state__in=[state.value for state in ENDED])
    numbers = dict(open_.values_list("state").annotate(number=Count("id")))
    quarantined = numbers.pop(FileState.QUARANTINED.value, 0)
    return sum(numbers.values()), quarantined


def try_peer(content: Mapping[str, Any]) -> tuple[str, int, int]:
    """What is wrong with the peer (nothing when all is well), how many files lie there, and the milliseconds."""
    started = time.perf_counter()
    fault, number = asyncio.run(_try(msgspec.convert(dict(content), FilePeer)))
    return fault, number, round((time.perf_counter() - started) * 1000)


async def _try(peer: FilePeer) -> tuple[str, int]:
    try:
        secret = secret_of(peer.credential, configuration().home) or b""
        async with remote.connected(peer, secret) as sftp:
            for folder in (peer.outbound, peer.inbound):
                if folder and not await sftp.isdir(folder):
                    return f"There is no folder {folder}.", 0
            return "", len(await remote.listed(sftp, peer.inbound)) if peer.inbound else 0
    except (FilePeerAway, CredentialMissing) as error:
        return f"{error} {error.next_step}", 0
