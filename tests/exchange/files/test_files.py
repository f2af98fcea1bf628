"""Files over a real OpenSSH server: fetched whole and once, put aside with a reason, sent under their name at once."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import psycopg
import pytest
from tests.exchange.conftest import OWNER
from tests.ssh_server import Server, ssh_server

from guanxi.exchange.files import life
from guanxi.exchange.files.clerk import Look, look_at, serve_files
from guanxi.exchange.files.peers import FilePeer, faults_in
from guanxi.exchange.files.states import file_steps
from guanxi.kernel.clock import now
from guanxi.storage.configuration import Configuration, read_configuration

KEY = "env:GUANXI_CREDENTIAL_FILES"
_FAULT = "SELECT fault FROM exchange_filepeerlook WHERE peer_id = $1"
CONTENT = b"<Document>not a payment file, but a file</Document>"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with ssh_server() as running:
        yield running


@pytest.fixture
def settings(database_url: str, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    monkeypatch.setenv("GUANXI_CREDENTIAL_FILES", server.user_key.decode())
    return read_configuration({"GUANXI_HOME": str(tmp_path / "home"), "GUANXI_DATABASE_URL": database_url})


class Place:
    """A peer's folders on the server, and the peer as it is kept."""

    def __init__(self, pool: asyncpg.Pool, server: Server, settings: Configuration) -> None:
        self.name = f"peer-{uuid.uuid4().hex[:8]}"
        self.folder = server.folder / self.name
        self._pool, self._settings = pool, settings
        for folder in ("in", "out"):
            (self.folder / folder).mkdir(parents=True)
        self.peer = FilePeer(
            host="127.0.0.1",
            port=server.port,
            user=getpass.getuser(),
            host_key=server.host_key,
            credential=KEY,
            party="P0001",
            inbound=str(self.folder / "in"),
            outbound=str(self.folder / "out"),
            archive=str(self.folder / "archive"),
            quarantine=str(self.folder / "quarantine"),
            kinds=("pain.001 *.xml", "pain.001 *.bin"),
            ready="whole",
        )

    async def keep(self, **changes: object) -> None:
        self.peer = msgspec.structs.replace(self.peer, **changes)
        await self._pool.execute(
            "INSERT INTO exchange_filepeer (name, enabled, content, version) VALUES ($1, true, $2, 1)"
            " ON CONFLICT (name) DO UPDATE SET content = excluded.content",
            self.name,
            msgspec.json.encode(self.peer).decode(),
        )

    def lay(self, name: str, content: bytes = CONTENT, folder: str = "in") -> Path:
        path = self.folder / folder / name
        path.write_bytes(content)
        return path

    async def look(self) -> Look:
        return await look_at(self._pool, self.name, self.peer, self._settings)

    async def files(self) -> list[asyncpg.Record]:
        return await self._pool.fetch("SELECT * FROM exchange_file WHERE peer_id = $1 ORDER BY first_at", self.name)

    async def states(self) -> dict[str, str]:
        return {row["name"]: row["state"] for row in await self.files()}

    async def life(self, name: str) -> list[str]:
        rows = await self._pool.fetch(
            "SELECT e.state FROM exchange_fileevent e JOIN exchange_file f ON f.id = e.file_id"
            " WHERE f.peer_id = $1 AND f.name = $2 ORDER BY e.id",
            self.name,
            name,
        )
        return [row["state"] for row in rows]

    def names(self, folder: str) -> list[str]:
        path = self.folder / folder
        return sorted(each.name for each in path.iterdir()) if path.exists() else []


@pytest.fixture
async def place(pool: asyncpg.Pool, server: Server, settings: Configuration) -> Place:
    found = Place(pool, server, settings)
    await pool.execute("UPDATE parties_party SET number = 'P0001' WHERE id = $1", OWNER)
    await found.keep()
    return found


async def test_a_file_is_fetched_handled_and_archived(place: Place, pool: asyncpg.Pool) -> None:
    place.lay("salaries.xml")
    assert (await place.look()).fault == ""
    (file,) = await place.files()
    assert (file["state"], file["so_far"], bytes(file["sha256"])) == (
        "archived",
        len(CONTENT),
        hashlib.sha256(CONTENT).digest(),
    )
    assert await place.life("salaries.xml") == ["seen", "transferring", "received", "handled", "archived"]
    assert place.names("in") == []
    assert len(place.names("archive")) == 1
    kept = await pool.fetchrow("SELECT way, name, octets FROM exchange_paymentfile WHERE id = $1", file["subject_id"])
    assert tuple(kept) == ("sftp", "salaries.xml", len(CONTENT))


async def test_the_same_octets_under_another_name_are_a_duplicate(place: Place, pool: asyncpg.Pool) -> None:
    content = uuid.uuid4().bytes
    place.lay("first.xml", content)
    await place.look()
    place.lay("second.xml", content)
    await place.look()
    assert await place.states() == {"first.xml": "archived", "second.xml": "duplicate"}
    first, second = await place.files()
    assert second["duplicate_of_id"] == first["id"]
    assert second["subject_id"] is None
    assert place.names("in") == []
    handled = await pool.fetchval("SELECT count(*) FROM exchange_paymentfile WHERE name = ANY ($1)", ["second.xml"])
    assert handled == 0


async def test_a_new_file_under_an_old_name_is_a_new_file(place: Place) -> None:
    place.lay("daily.xml", b"monday" + uuid.uuid4().bytes)
    await place.look()
    place.lay("daily.xml", b"tuesday" + uuid.uuid4().bytes)
    await place.look()
    assert [row["state"] for row in await place.files()] == ["archived", "archived"]
    assert len(place.names("archive")) == 2


async def test_what_nobody_knows_is_put_aside_and_the_rest_goes_on(place: Place) -> None:
    place.lay("holiday.jpg")
    place.lay("good.xml", uuid.uuid4().bytes)
    await place.look()
    assert await place.states() == {"holiday.jpg": "quarantined", "good.xml": "archived"}
    (told,) = [row["sentence"] for row in await place.files() if row["state"] == "quarantined"]
    assert "No pattern" in told
    assert place.names("in") == []
    assert len(place.names("quarantine")) == 1


async def test_a_name_that_is_no_utf_8_keeps_nobody_waiting(place: Place) -> None:
    place.lay(os.fsdecode(b"gb-\xc4\xfa\xba\xc3.xml"), uuid.uuid4().bytes)
    await place.look()
    assert await place.states() == {r"gb-\xc4\xfa\xba\xc3.xml": "archived"}
    assert place.names("in") == []


async def test_a_file_that_is_too_large_is_not_fetched(place: Place) -> None:
    await place.keep(largest_megabytes=1)
    place.lay("huge.xml", bytes(1024 * 1024 + 1))
    await place.look()
    (file,) = await place.files()
    assert (file["state"], file["so_far"]) == ("quarantined", 0)
    assert "1 MB" in file["sentence"]


async def test_a_file_that_is_released_from_quarantine_is_handled(place: Place, pool: asyncpg.Pool) -> None:
    await place.keep(party="nobody")
    place.lay("stranger.xml", uuid.uuid4().bytes)
    await place.look()
    assert await place.states() == {"stranger.xml": "quarantined"}
    await place.keep(party="P0001")
    place.lay("stranger.xml", uuid.uuid4().bytes)  # the name is free again
    await pool.execute("UPDATE exchange_file SET state = 'received' WHERE peer_id = $1", place.name)
    await place.look()
    assert [row["state"] for row in await place.files()] == ["archived", "archived"]
    assert len(place.names("quarantine")) == len(place.names("archive")) == 1


async def test_a_file_with_its_checksum(place: Place) -> None:
    await place.keep(checksum=True)
    content = uuid.uuid4().bytes
    place.lay("sum.xml", content)
    await place.look()
    assert await place.states() == {"sum.xml": "seen"}
    place.lay("sum.xml.sha256", f"{hashlib.sha256(content).hexdigest()}  sum.xml\n".encode())
    await place.look()
    assert await place.states() == {"sum.xml": "archived"}
    assert place.names("in") == []


async def test_a_half_transferred_file_does_not_match_its_checksum(place: Place) -> None:
    await place.keep(checksum=True)
    content = uuid.uuid4().bytes * 1000
    place.lay("half.xml.sha256", hashlib.sha256(content).hexdigest().encode())
    place.lay("half.xml", content[:7000])
    await place.look()
    (file,) = await place.files()
    assert file["state"] == "quarantined"
    assert "checksum" in file["sentence"]
    assert file["subject_id"] is None


async def test_a_file_that_grows_is_not_touched_until_it_rests(place: Place, pool: asyncpg.Pool) -> None:
    await place.keep(ready="stable")
    path = place.lay("growing.xml", b"one")
    await place.look()
    path.write_bytes(b"one, two" + uuid.uuid4().bytes)
    await place.look()
    assert await place.states() == {"growing.xml": "seen"}
    await pool.execute("UPDATE exchange_file SET changed_at = changed_at - interval '2 seconds'")
    await place.look()
    assert await place.states() == {"growing.xml": "archived"}


async def test_a_marker_tells_that_a_file_is_whole(place: Place) -> None:
    await place.keep(ready="marker")
    place.lay("marked.xml", uuid.uuid4().bytes)
    await place.look()
    assert await place.states() == {"marked.xml": "seen"}
    place.lay("marked.xml.done", b"")
    await place.look()
    assert await place.states() == {"marked.xml": "archived"}
    assert place.names("in") == []


async def test_a_file_that_the_peer_takes_away_is_gone(place: Place) -> None:
    await place.keep(ready="marker")
    path = place.lay("shy.xml")
    await place.look()
    path.unlink()
    await place.look()
    assert await place.states() == {"shy.xml": "gone"}


async def test_half_written_names_are_not_looked_at(place: Place) -> None:
    for name in (".hidden.xml", "upload.xml.part", "upload.xml.filepart", "x.tmp"):
        place.lay(name)
    await place.look()
    assert await place.states() == {}


async def test_a_file_is_sent_whole_under_its_name(place: Place, pool: asyncpg.Pool) -> None:
    await place.keep(checksum=True)
    content = os.urandom(3_000_000)
    async with pool.acquire() as connection:
        pieces = [content[start : start + 65_536] for start in range(0, len(content), 65_536)]
        assert await life.queue(connection, place.name, "report.xml", pieces, now(), actor="staff:somebody")
        again = await life.queue(connection, place.name, "report.xml", [b"other"], now(), actor="staff:somebody")
    assert again is None
    assert (await place.look()).sent == 1
    assert (place.folder / "out" / "report.xml").read_bytes() == content
    side = (place.folder / "out" / "report.xml.sha256").read_text()
    assert side.split() == [hashlib.sha256(content).hexdigest(), "report.xml"]
    assert place.names("out") == ["report.xml", "report.xml.sha256"]
    assert await place.states() == {"report.xml": "sent"}


async def test_what_lies_there_is_never_overwritten(place: Place, pool: asyncpg.Pool) -> None:
    place.lay("taken.xml", b"the peer's own", folder="out")
    async with pool.acquire() as connection:
        await life.queue(connection, place.name, "taken.xml", [b"ours"], now(), actor="staff:somebody")
    assert (await place.look()).sent == 0
    assert (place.folder / "out" / "taken.xml").read_bytes() == b"the peer's own"
    (file,) = await place.files()
    assert (file["state"], file["attempts"]) == ("sending", 1)
    assert file["next_attempt_at"] > now()
    (place.folder / "out" / "taken.xml").unlink()
    await pool.execute("UPDATE exchange_file SET next_attempt_at = NULL WHERE id = $1", file["id"])
    assert (await place.look()).sent == 1
    assert (place.folder / "out" / "taken.xml").read_bytes() == b"ours"


async def test_a_peer_that_is_away_or_another_is_told_and_nothing_changes(place: Place) -> None:
    place.lay("waits.xml")
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5dYbFe4kJQY2kX5rZxZkq1b3X0m0T1m3u6m2lYqk9a"
    await place.keep(host_key=other)
    assert "another key" in str((await place.look()).fault)
    await place.keep(port=1)
    assert "cannot be reached" in str((await place.look()).fault)
    assert await place.states() == {}
    assert place.names("in") == ["waits.xml"]


_FETCH = """
import asyncio, json, sys
import asyncpg, msgspec
from guanxi.exchange.files import remote
from guanxi.exchange.files.clerk import look_at
from guanxi.exchange.files.peers import FilePeer
from guanxi.storage.configuration import configuration
real = remote._write
def slow(path, offset, piece):
    import time
    real(path, offset, piece)
    print(offset + len(piece), flush=True)
    time.sleep(0.02)
remote._write = slow
async def main():
    async with asyncpg.create_pool(configuration().database_url, min_size=1, max_size=3) as pool:
        await look_at(pool, sys.argv[1], msgspec.json.decode(sys.argv[2], type=FilePeer), configuration())
asyncio.run(main())
"""


def _run_until_killed(command: list[str], environment: dict[str, str], octets: int) -> None:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) > octets:
            break
    process.send_signal(signal.SIGKILL)
    process.wait(10)


async def test_a_fetch_that_was_killed_goes_on_where_it_was(place: Place, settings: Configuration) -> None:
    content = os.urandom(40 * 1024 * 1024)
    place.lay("big.bin", content)
    environment = {
        **os.environ,
        "GUANXI_HOME": str(settings.home),
        "GUANXI_DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-c", _FETCH, place.name, msgspec.json.encode(place.peer).decode()]
    _run_until_killed(command, environment, 10_000_000)
    (part,) = (settings.home / "spool").iterdir()
    fetched = part.stat().st_size
    assert 10_000_000 <= fetched < len(content)
    assert await place.states() == {"big.bin": "transferring"}
    inode = part.stat().st_ino
    part.write_bytes(b"!" * 1000 + part.read_bytes()[1000:])  # shows that the beginning is not fetched again
    assert part.stat().st_ino == inode
    for _ in range(100):  # until the server has let go of the killed one's lock
        if (await place.look()).fault is not None:
            break
        await asyncio.sleep(0.1)
    (file,) = await place.files()
    assert bytes(file["sha256"]) == hashlib.sha256(b"!" * 1000 + content[1000:]).digest()
    assert file["state"] == "archived"


async def test_two_clerks_never_work_on_one_peer(place: Place, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock(71219, hashtext($1))", place.name)
        assert (await place.look()).fault is None
        await connection.execute("SELECT pg_advisory_unlock(71219, hashtext($1))", place.name)
    assert (await place.look()).fault == ""


async def test_the_worker_looks_after_every_peer_by_itself(
    place: Place, pool: asyncpg.Pool, server: Server, settings: Configuration
) -> None:
    away = Place(pool, server, settings)
    await away.keep(port=1, every_seconds=1)
    await place.keep(every_seconds=1)
    place.lay("by-itself.xml", uuid.uuid4().bytes)
    async with pool.acquire() as connection:
        await life.queue(connection, place.name, "out.xml", [b"out"], now(), actor="staff:somebody")
    serving = asyncio.create_task(serve_files(settings))
    async with asyncio.timeout(30):
        while await place.states() != {"by-itself.xml": "archived", "out.xml": "sent"}:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
        while await pool.fetchval(_FAULT, place.name) != "":  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
        while not (fault := await pool.fetchval(_FAULT, away.name)):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
    serving.cancel()
    assert "cannot be reached" in fault


def test_the_database_holds_files_to_the_table_of_states(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'exchange_file_steps'"
        ).fetchone()
    assert row is not None
    listed = re.search(r"\{([a-z_>,]+)\}", row[0])
    assert listed is not None
    assert listed[1].split(",") == file_steps()


async def test_the_history_of_a_file_cannot_be_rewritten(place: Place, pool: asyncpg.Pool) -> None:
    place.lay("kept.xml", uuid.uuid4().bytes)
    await place.look()
    for statement in (
        "DELETE FROM exchange_fileevent",
        "UPDATE exchange_fileevent SET sentence = ''",
        "DELETE FROM exchange_file",
        "UPDATE exchange_file SET state = 'seen'",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await pool.execute(statement)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", 0),
        ("port", "twenty"),
        ("host", "two words"),
        ("host_key", "a key"),
        ("credential", "hunter2"),
        ("archive", ""),
        ("quarantine", "in"),
        ("kinds", ["pain.999 *.xml"]),
        ("ready", "perhaps"),
        ("every_seconds", 0),
        ("largest_megabytes", 10**6),
    ],
)
def test_a_peer_edited_to_nonsense_is_refused_by_field(server: Server, field: str, value: object) -> None:
    good = {
        "host": "127.0.0.1",
        "user": "bank",
        "host_key": server.host_key,
        "credential": KEY,
        "inbound": "in",
        "kinds": ["pain.001 *.xml"],
    }
    assert faults_in("acme", good, ["pain.001"]) == {}
    assert list(faults_in("acme", {**good, field: value}, ["pain.001"])) == [field]
