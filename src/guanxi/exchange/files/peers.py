"""A peer for files: where it is, in which folders files lie, and how one knows that a file is whole. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

import msgspec

from guanxi.exchange.parameters import CREDENTIAL

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
READY: Final = ("whole", "stable", "marker")
SIDE_FILES: Final = (".sha256", ".done")
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".partial")
_FOLDER: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_HOST: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_HOST_KEY: Final = re.compile(r"(ssh|ecdsa|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]{40,}")
_LARGEST_MEGABYTES: Final = 1024


class FilePeer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a peer is spoken to. Folders are paths at the peer; an empty one means that there is none.

    `ready` is how a file is known to be whole: it appears whole under its name (`whole`), neither size nor time have
    changed between two looks (`stable`), or a file with `.done` behind its name lies beside it (`marker`).
    With `checksum`, a file `NAME.sha256` goes with each, in both directions.
    `kinds` are lines of a kind and a pattern of names: `pain.001 *.xml`; the first that fits counts.
    """

    host: str
    port: int = 22
    user: str
    host_key: str  # as it stands in known_hosts: `ssh-ed25519 AAAA...`
    credential: str  # a reference: see exchange.credentials
    party: str = ""  # the customer's number, where the peer is a customer
    inbound: str = ""
    outbound: str = ""
    archive: str = "archive"
    quarantine: str = "quarantine"
    kinds: tuple[str, ...] = ()
    ready: Literal["whole", "stable", "marker"] = "stable"
    checksum: bool = False
    report: bool = True  # send status reports back
    every_seconds: int = 30
    largest_megabytes: int = 200
    enabled: bool = True


def kind_of(peer: FilePeer, name: str) -> str:
    """The kind of a file by its name; nothing when no pattern fits."""
    for line in peer.kinds:
        kind, _, pattern = line.partition(" ")
        if fnmatch.fnmatchcase(name.lower(), pattern.strip().lower()):
            return kind
    return ""


def is_content(name: str) -> bool:
    """Whether a name at the peer is that of a file to be fetched: neither half written nor beside another one."""
    return not name.startswith(".") and not name.lower().endswith((*SIDE_FILES, *_UNFINISHED))


def faults_in(name: str, content: Mapping[str, Any], known_kinds: Collection[str]) -> dict[str, str]:
    """What is wrong with a peer as somebody wants it, a sentence for each field; nothing when it can be kept."""
    faults: dict[str, str] = {}
    if not NAME.fullmatch(name):
        faults["name"] = "A name is 1 to 40 small letters, digits, - and _, beginning with a letter."
    try:
        peer = msgspec.convert(dict(content), FilePeer)
    except msgspec.ValidationError as error:
        field = re.search(r"\$\.([a-z_]+)", str(error))
        return {**faults, field[1] if field else "content": f"{str(error).partition(' - at')[0]}."}
    checks = {
        "host": (bool(_HOST.fullmatch(peer.host)), "Give a host name or an address."),
        "port": (0 < peer.port < 65_536, "A port is a number from 1 to 65535."),
        "user": (bool(peer.user) and peer.user.isprintable(), "Say as whom to sign in."),
        "host_key": (bool(_HOST_KEY.fullmatch(peer.host_key)), "Give the server's public key: ssh-ed25519 AAAA..."),
        "credential": (bool(CREDENTIAL.fullmatch(peer.credential)), "Write env:GUANXI_CREDENTIAL_NAME or file:NAME."),
        "inbound": (
            bool(peer.inbound or peer.outbound),
            "Name the folder to fetch from, the one to put into, or both.",
        ),
        "every_seconds": (1 <= peer.every_seconds <= 86_400, "From 1 second to a day (86400)."),
        "largest_megabytes": (
            1 <= peer.largest_megabytes <= _LARGEST_MEGABYTES,
            f"From 1 to {_LARGEST_MEGABYTES} megabytes.",
        ),
    }
    faults |= {field: sentence for field, (good, sentence) in checks.items() if not good}
    return {**faults, **_folder_faults(peer), **_kind_faults(peer, known_kinds)}


def _folder_faults(peer: FilePeer) -> dict[str, str]:
    folders = {field: getattr(peer, field) for field in ("inbound", "outbound", "archive", "quarantine")}
    faults = {
        field: "A folder is a path of at most 200 characters."
        for field, folder in folders.items()
        if folder and not _FOLDER.fullmatch(folder)
    }
    if peer.inbound:
        for field in ("archive", "quarantine"):
            if not folders[field]:
                faults[field] = "Name a folder: what has been fetched must get out of the way."
            elif folders[field].strip("/") == peer.inbound.strip("/"):
                faults[field] = "It must be another folder than the one that is fetched from."
    return faults


def _kind_faults(peer: FilePeer, known_kinds: Collection[str]) -> dict[str, str]:
    for line in peer.kinds:
        kind, _, pattern = line.partition(" ")
        if kind not in known_kinds or not pattern.strip():
            return {"kinds": f"{line!r}: write a kind ({', '.join(sorted(known_kinds))}), a space and a pattern."}
    return {"kinds": "Say which names are of which kind."} if peer.inbound and not peer.kinds else {}
