"""What an endpoint is: where a peer is, by which adapter it is spoken to, and with how much patience.

Everything here is data that a person may edit; `check` says of each field what is wrong with it, in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from guanxi.exchange.windows import read_window
from guanxi.kernel.errors import InvalidValue

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
CREDENTIAL: Final = re.compile(r"env:GUANXI_CREDENTIAL_[A-Z0-9_]{1,60}|file:[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
PROTOCOLS: Final = ("rest", "iso8583", "sql", "sftp", "broker")
CREDENTIAL_PLACE: Final = "{credential}"  # in an address: where the secret belongs
PLACES: Final = ("{sandbox}", "{card_host}")  # as this installation is configured
_SCHEMES: Final = {
    "rest": ("http", "https"),
    "sql": ("postgresql", "postgres", "sqlite", "mysql", "oracle"),
    "sftp": ("sftp",),
    "broker": ("nats", "amqp", "amqps", "kafka", "tls"),
}
_HOST_AND_PORT: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
_MOST_LINES: Final = 20

Seconds = Annotated[float, msgspec.Meta(ge=0.05, le=6)]


class EndpointParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a peer is spoken to. A number of 0 means no such bound."""

    timeout_seconds: Seconds = 5.0  # one call; all attempts together never exceed what the exchange gives a leg
    connect_seconds: Seconds = 2.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=5)] = 2  # of a call that is safe to repeat
    backoff_seconds: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.1  # before the second; doubles, times a chance
    concurrency: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0  # calls under way
    per_second: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 0.0
    burst: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1  # calls at once within that rate
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=5)] = 1.0  # for a place among those, before a refusal
    breaker_failures: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 10  # in a row
    breaker_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=3_600)] = 2.0
    heartbeat_seconds: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 5.0
    credential: str = ""  # env:GUANXI_CREDENTIAL_NAME or file:NAME, never the secret itself
    maintenance: tuple[str, ...] = ()  # see exchange.windows


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A peer. `secret` is what the credential refers to; it is known where the adapter is made, and kept nowhere."""

    name: str
    adapter: str
    protocol: str
    address: str
    enabled: bool = True
    parameters: EndpointParameters = msgspec.field(default_factory=EndpointParameters)
    version: int = 0
    secret: bytes | None = None

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r}, {self.address!r}, version {self.version})"


def check(name: str, protocol: str, address: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by field; nothing when all is well."""
    faults: dict[str, str] = {}
    if not NAME.fullmatch(name):
        faults["name"] = "Write it in small letters, digits, - and _, at most 40, the first a letter."
    if protocol not in PROTOCOLS:
        faults["protocol"] = f"It is none of {', '.join(PROTOCOLS)}."
    elif sentence := _of_address(protocol, address):
        faults["address"] = sentence
    hints = get_type_hints(EndpointParameters, include_extras=True)
    for field, value in parameters.items():
        if field not in hints:
            faults[field] = "There is no such parameter."
        elif sentence := _of_value(hints[field], value):
            faults[field] = sentence
    for field, sentence in _of_texts(parameters).items():
        faults.setdefault(field, sentence)
    return faults


def bounds(field: str) -> tuple[float, float] | None:
    """The least and the most a number may be."""
    hint = get_type_hints(EndpointParameters, include_extras=True)[field]
    if get_origin(hint) is not Annotated:
        return None
    meta = get_args(hint)[1]
    return meta.ge, meta.le


def _of_value(hint: Any, value: object) -> str:  # noqa: ANN401 - a type
    try:
        msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as error:
        sentence = str(error).replace("`", "")
        return sentence if sentence.endswith(".") else f"{sentence}."
    return ""


def _of_texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    faults = {}
    credential = parameters.get("credential", "")
    if credential and not CREDENTIAL.fullmatch(str(credential)):
        faults["credential"] = (
            "Write env:GUANXI_CREDENTIAL_NAME or file:NAME (a file in the folder credentials of GUANXI_HOME);"
            " never the secret itself."
        )
    windows = parameters.get("maintenance", ())
    for text in windows if isinstance(windows, list | tuple) else ():
        try:
            read_window(str(text))
        except InvalidValue as error:
            faults["maintenance"] = f"{error} {error.next_step}"
    if len(windows) > _MOST_LINES:
        faults["maintenance"] = f"There are more than {_MOST_LINES}."
    return faults


def _of_address(protocol: str, address: str) -> str:
    if len(address) > 300 or not address.isprintable():
        return "It is too long, or has characters that cannot be seen."
    for place in PLACES:
        address = address.replace(place, "127.0.0.1:1" if protocol == "iso8583" else "http://127.0.0.1:1")
    if protocol == "iso8583":
        found = _HOST_AND_PORT.fullmatch(address)
        return "" if found and 1 <= int(found[2]) <= 65_535 else "Write it as host:port, such as 10.0.0.7:8583."
    return _of_url(_SCHEMES[protocol], address)


def _of_url(schemes: tuple[str, ...], address: str) -> str:
    example = f"Write it as {schemes[0]}://host:port/path."
    try:
        parts = urlsplit(address)
        whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return example
    if not whole or " " in address:
        return example
    if parts.password not in {None, CREDENTIAL_PLACE}:
        return f"Leave the password out: write {CREDENTIAL_PLACE} there, and name where it is under credential."
    return ""
