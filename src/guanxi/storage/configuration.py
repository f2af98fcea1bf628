"""Settings of one installation, read once from the environment (`GUANXI_*`)."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from guanxi.kernel.iso8583.specification import DEMO_INTERCHANGE_KEY, KEY_SIZE
from guanxi.storage.errors import ConfigurationInvalid


@dataclasses.dataclass(frozen=True, slots=True)
class Configuration:
    """Everything an operator may set. Each field is documented in docs/reference/settings.md."""

    home: Path
    database_url: str
    sandbox_database_url: str
    host: str
    office_port: int
    gateway_port: int
    iso8583_port: int
    sandbox_port: int
    card_host_port: int
    sandbox_sftp_port: int
    secret_key: str
    callback_key: str
    card_host_key: bytes  # the MAC key shared with the card host
    bank_time_zone: str
    bank_currency: str
    message_days: int  # how long the messages on the wire are kept
    bank_bic: str
    broker_url: str  # where events are published; empty: nowhere
    event_days: int  # how long published events can be replayed
    adapters: tuple[str, ...]  # of other houses, by dotted path, that endpoints may name

    @property
    def gateway_url(self) -> str:
        return f"http://{self.host}:{self.gateway_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://{self.host}:{self.sandbox_port}"

    @property
    def office_url(self) -> str:
        return f"http://{self.host}:{self.office_port}"


def read_configuration(environment: Mapping[str, str]) -> Configuration:
    """The configuration that `environment` describes; `ConfigurationInvalid` names the variable that is wrong."""
    database_url = _database_url(environment, "GUANXI_DATABASE_URL", "")
    return Configuration(
        home=Path(environment.get("GUANXI_HOME", ".guanxi")).absolute(),
        database_url=database_url,
        sandbox_database_url=_database_url(environment, "GUANXI_SANDBOX_DATABASE_URL", ""),
        host=environment.get("GUANXI_HOST", "127.0.0.1"),
        office_port=_port(environment, "GUANXI_OFFICE_PORT", 8000),
        gateway_port=_port(environment, "GUANXI_GATEWAY_PORT", 8010),
        iso8583_port=_port(environment, "GUANXI_ISO8583_PORT", 8583),
        sandbox_port=_port(environment, "GUANXI_SANDBOX_PORT", 8020),
        card_host_port=_port(environment, "GUANXI_CARD_HOST_PORT", 8021),
        sandbox_sftp_port=_port(environment, "GUANXI_SANDBOX_SFTP_PORT", 8022),
        secret_key=environment.get("GUANXI_SECRET_KEY", ""),
        callback_key=environment.get("GUANXI_CALLBACK_KEY", ""),
        card_host_key=_mac_key(environment, "GUANXI_CARD_HOST_KEY"),
        bank_time_zone=environment.get("GUANXI_TIME_ZONE", "Asia/Shanghai"),
        bank_currency=environment.get("GUANXI_CURRENCY", "CNY"),
        message_days=_days(environment, "GUANXI_MESSAGE_DAYS", 30),
        bank_bic=_bic(environment, "GUANXI_BIC"),
        broker_url=_broker_url(environment, "GUANXI_BROKER_URL"),
        event_days=_days(environment, "GUANXI_EVENT_DAYS", 30),
        adapters=_adapters(environment, "GUANXI_ADAPTERS"),
    )


@functools.cache
def configuration() -> Configuration:
    """The configuration of this process."""
    return read_configuration(os.environ)


def _mac_key(environment: Mapping[str, str], name: str) -> bytes:
    text = environment.get(name)
    return DEMO_INTERCHANGE_KEY if text is None else mac_key(text, name)


def mac_key(text: str, name: str) -> bytes:
    """The MAC key that `text` writes in hexadecimal digits; `name` is where it stands."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise ConfigurationInvalid(f"{name} is not a key.", next_step=f"Give {2 * KEY_SIZE} hexadecimal digits.")
    return key


def _bic(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "GNXICNSHXXX")
    if not re.fullmatch(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", text):
        raise ConfigurationInvalid(
            f"{name} is {text!r}, which is no BIC.", next_step="Give 8 or 11 characters (ISO 9362)."
        )
    return text


def _adapters(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    paths = tuple(path.strip() for path in environment.get(name, "").split(",") if path.strip())
    for path in paths:
        if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", path):
            raise ConfigurationInvalid(
                f"{name} names {path!r}, which is no dotted path.", next_step="Write it as package.module:make_system."
            )
    return paths


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ConfigurationInvalid(
            f"{name} is {text!r}, which is not a port.", next_step="Give a number from 1 to 65535."
        )
    return int(text)


def _days(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 3660:
        raise ConfigurationInvalid(
            f"{name} is {text!r}, which is no number of days.", next_step="Give a number from 1 to 3660."
        )
    return int(text)


def _broker_url(environment: Mapping[str, str], name: str) -> str:
    url = environment.get(name, "")
    if url and (urlsplit(url).scheme not in {"nats", "tls", "amqp", "amqps", "kafka"} or not urlsplit(url).hostname):
        raise ConfigurationInvalid(
            f"{name} is not a broker's address.", next_step="Write it as nats://, amqp:// or kafka://host:port."
        )
    return url


def _database_url(environment: Mapping[str, str], name: str, default: str) -> str:
    url = environment.get(name, default)
    if url and urlsplit(url).scheme not in {"postgresql", "postgres"}:
        raise ConfigurationInvalid(
            f"{name} is not a PostgreSQL address.",
            next_step="Write it as postgresql://user:password@host:5432/name.",
        )
    return url
