"""The HTTP operations as data: what each is called, takes, answers and refuses. Routes and OpenAPI are made from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, Literal

import msgspec

from guanxi.gateway.answers import Answer
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class KeyRule(Enum):
    """What an operation does with the `Idempotency-Key` header."""

    IGNORED = "ignored"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """One status an operation answers with, and the body that comes with it."""

    description: str
    body: type[msgspec.Struct] | None = None
    example: Any = None
    media_type: str = "application/json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path. `run` answers it; everything before `run` is the same for all operations."""

    method: Method
    path: str
    name: str
    tag: str
    summary: str
    description: str
    run: Callable[[Gateway, Call], Awaitable[Answer]]
    answers: Mapping[int, Answers]
    problems: tuple[int, ...] = ()
    body: type[msgspec.Struct] | None = None
    body_example: Any = None
    path_parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)  # name -> description
    query_parameters: Mapping[str, tuple[str, type]] = dataclasses.field(default_factory=dict)  # description, form
    signed_in: bool = False
    scope: str = ""  # asked of machine clients; empty: not for them
    streams_xml: bool = False  # the body is XML of any size, read as it comes
    takes_lines: bool = False  # the body is JSON, line by line, each of the form of `body`
    if_match: KeyRule = KeyRule.IGNORED  # what it does with the version that the caller has seen
    signed: bool = False  # by X-Signature under the shared key; the body is read raw
    idempotency_key: KeyRule = KeyRule.IGNORED


NO_SESSION: Final = "http"  # what the metrics call the channel of a request that has no session
