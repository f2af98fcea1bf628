"""Events reach a real broker: each at least once, each party's in order, whoever is killed on the way."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import nats
import pytest
import yaml
from tests.exchange.conftest import OWNER, ask

from guanxi.exchange.event_brokers import REPLAYED, STREAM, open_broker
from guanxi.exchange.event_document import asyncapi_document
from guanxi.exchange.events import TYPES, CloudEvent, events_of
from guanxi.exchange.process import Exchange
from guanxi.exchange.publishing import READER, replay
from guanxi.interactions.outbox import START, lag, move, news_after, trim
from guanxi.kernel.clock import now
from guanxi.services.catalogue.submit_complaint import SERVICE as COMPLAINT
from guanxi.storage.embedded import free_port

DOCS = Path(__file__).parents[2] / "docs/reference"
INSERT = """
INSERT INTO interactions_interaction (id, occurred_at, party_id, channel, kind, service, outcome)
VALUES (uuidv7(), $2, $1, 'internet', 'inquiry', 'accounts', 'completed') RETURNING id
"""
PUBLISH = """
import asyncio, sys
from guanxi.exchange.publishing import publish_for_ever
asyncio.run(publish_for_ever(sys.argv[1], sys.argv[2]))
"""


class Nats:
    """A NATS server that keeps its streams on disk, and can be killed and started again."""

    def __init__(self, folder: Path, program: str) -> None:
        self.port = free_port()
        self._command = [program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(folder)]
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nats]:
    program = shutil.which("nats-server")
    if program is None:
        pytest.skip("NATS is not installed: `apt-get install nats-server`")
    running = Nats(tmp_path / "jetstream", program)
    yield running
    running.kill()


@pytest.fixture
async def connection(bank_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a bank whose outbox is empty."""
    opened = await asyncpg.connect(bank_url)
    await opened.execute("TRUNCATE interactions_outbox, interactions_outboxposition")
    await opened.execute("SELECT interactions_ensure_months(now()::date, now()::date + 31)")
    yield opened
    await opened.close()


async def received(url: str, count: int) -> list[tuple[dict[str, str], dict]]:
    """The first `count` messages of the stream: headers and event."""
    client = await nats.connect(url)
    stream = client.jetstream()
    subscription = await stream.subscribe("guanxi.events.>", ordered_consumer=True)
    messages = [await subscription.next_msg(timeout=30) for _ in range(count)]
    await client.close()
    return [(message.headers or {}, json.loads(message.data)) for message in messages]


async def until_published(connection: asyncpg.Connection) -> None:
    """Until nothing waits for the publisher."""
    async with asyncio.timeout(60):
        while (await lag(connection, READER, now()))[0]:  # noqa: ASYNC110 - the outbox has no bell
            await asyncio.sleep(0.1)


async def test_what_a_customer_does_is_an_event_and_so_is_what_it_means(
    local_exchange: Exchange, connection: asyncpg.Connection
) -> None:
    request = ask("submit_complaint", COMPLAINT.arguments(subject="late", description="my letter came late"))
    await local_exchange.handle(request)
    found = await news_after(connection, START)
    events = [event for each in found for event in events_of(each.row)]
    assert [event.type for event in events] == ["interaction.recorded", "case.opened"]
    assert {event.subject for event in events} == {str(OWNER)}
    assert len({event.id for event in events}) == 2
    assert events == [event for each in found for event in events_of(each.row)]  # the same ids each time
    assert "letter" not in events[0].encoded().decode()


async def test_a_transaction_that_commits_late_is_not_passed_over(
    bank_url: str, connection: asyncpg.Connection
) -> None:
    slow, fast = await asyncpg.connect(bank_url), await asyncpg.connect(bank_url)
    late = slow.transaction()
    await late.start()
    first = await slow.fetchval(INSERT, OWNER, now())
    second = await fast.fetchval(INSERT, OWNER, now())
    assert await news_after(connection, START) == []  # the second is committed, but the first may come before it
    await late.commit()
    assert [each.id for each in await news_after(connection, START)] == [first, second]
    await slow.close()
    await fast.close()


async def test_a_change_that_is_rolled_back_is_no_event(connection: asyncpg.Connection) -> None:
    doomed = connection.transaction()
    await doomed.start()
    await connection.execute(INSERT, OWNER, now())
    await doomed.rollback()
    assert await news_after(connection, START) == []


async def test_history_that_is_loaded_is_no_news(connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT interactions_ensure_months('2020-01-01', '2020-01-31')")
    await connection.execute(INSERT, OWNER, dt.datetime(2020, 1, 5, tzinfo=dt.UTC))
    assert await news_after(connection, START) == []


@pytest.mark.processes
async def test_every_event_arrives_and_in_order_though_publisher_and_broker_are_killed(
    bank_url: str, connection: asyncpg.Connection, server: Nats
) -> None:
    drawn, parties = random.Random(20261123), [uuid.UUID(int=number) for number in range(1, 9)]
    publisher = _publisher(bank_url, server)
    for turn in range(6):
        async with connection.transaction():
            for _ in range(150):
                await connection.execute(INSERT, drawn.choice(parties), now())
        await asyncio.sleep(drawn.uniform(0.05, 0.4))  # an instant that nobody knows
        if turn % 2:
            server.kill()
            server.start()
        else:
            os.kill(publisher.pid, signal.SIGKILL)
            publisher.wait()
            publisher = _publisher(bank_url, server)
    await until_published(connection)
    publisher.kill()
    publisher.wait()
    expected = await news_after(connection, START, limit=10_000)
    client = await nats.connect(server.url)
    count = (await client.jetstream().stream_info(STREAM)).state.messages
    await client.close()
    got = [event for _, event in await received(server.url, count)]
    assert {event["id"] for event in got} == {str(each.id) for each in expected}
    for party in parties:
        wanted = [str(each.id) for each in expected if each.row["party_id"] == party]
        first_seen = list(dict.fromkeys(event["id"] for event in got if event["subject"] == str(party)))
        assert first_seen == wanted


@pytest.mark.processes
async def test_two_publishers_do_not_publish_twice(bank_url: str, connection: asyncpg.Connection, server: Nats) -> None:
    publishers = [_publisher(bank_url, server) for _ in range(2)]
    for _ in range(200):
        await connection.execute(INSERT, OWNER, now())
    await until_published(connection)
    for publisher in publishers:
        publisher.kill()
        publisher.wait()
    client = await nats.connect(server.url)
    assert (await client.jetstream().stream_info(STREAM)).state.messages == 200
    await client.close()


async def test_what_happened_since_a_time_is_published_again_with_the_same_ids(
    bank_url: str, connection: asyncpg.Connection, server: Nats
) -> None:
    other, at = uuid.UUID(int=7), now()
    for number in range(10):
        await connection.execute(INSERT, OWNER if number % 2 else other, at + dt.timedelta(seconds=number))
    first, last = at + dt.timedelta(seconds=4), at + dt.timedelta(seconds=9)
    async with open_broker(server.url) as publish:
        sent = [count async for count in replay(bank_url, publish, first, last, OWNER)]
    got = await received(server.url, sent[-1])
    wanted = [str(each.id) for each in await news_after(connection, START) if each.row["party_id"] == OWNER][2:4]
    assert [event["id"] for _, event in got] == wanted
    assert all(headers[REPLAYED] == "true" for headers, _ in got)


async def test_only_what_every_reader_has_read_is_forgotten(connection: asyncpg.Connection) -> None:
    for _ in range(3):
        await connection.execute(INSERT, OWNER, now())
    found = await news_after(connection, START)
    await move(connection, "slow reader", found[0].place, now())
    tomorrow = now() + dt.timedelta(days=1)
    assert await trim(connection, tomorrow) == 1
    assert [each.id for each in await news_after(connection, START)] == [each.id for each in found[1:]]


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ of our own."""
    program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # what Debian's own command leads to, as another user
    if not program.exists():
        pytest.skip("RabbitMQ is not installed: `apt-get install rabbitmq-server`")
    folder, port = tmp_path_factory.mktemp("rabbit"), free_port()
    environment = {
        **os.environ,
        "RABBITMQ_NODENAME": f"guanxi{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "HOME": str(folder),
    }
    process = subprocess.Popen(
        [program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 90
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            break
    yield f"amqp://guest:guest@127.0.0.1:{port}/"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.processes
async def test_rabbitmq_confirms_and_keeps_what_is_published(rabbit: str, connection: asyncpg.Connection) -> None:
    import aio_pika

    await connection.execute(INSERT, OWNER, now())
    event = events_of((await news_after(connection, START))[0].row)[0]
    listener = await aio_pika.connect_robust(rabbit)
    channel = await listener.channel()
    exchange = await channel.declare_exchange(STREAM, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue("consumer", durable=True)
    await queue.bind(exchange, "guanxi.events.#")
    async with open_broker(rabbit) as publish:
        await publish(event, False)
    message = await queue.get(timeout=10)
    assert (message.message_id, json.loads(message.body)["id"]) == (event.id, event.id)
    await message.ack()
    await listener.close()


def test_the_asyncapi_document_is_the_present_one() -> None:
    assert yaml.safe_load((DOCS / "asyncapi.yaml").read_text()) == yaml.safe_load(asyncapi_document())


def test_every_event_and_every_field_is_in_the_reference() -> None:
    page = (DOCS / "events.md").read_text()
    fields = [*CloudEvent.__dataclass_fields__, *CloudEvent.__annotations__, *_data_fields()]
    assert [word for word in (*TYPES, *fields) if f"`{word}`" not in page] == []


def _data_fields() -> list[str]:
    from guanxi.exchange.events import Recorded

    return list(Recorded.__dataclass_fields__)


def _publisher(bank_url: str, server: Nats) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PUBLISH, bank_url, server.url])
