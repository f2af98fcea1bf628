"""The OpenAPI 3.1 document of the HTTP operations, made from the same table that the routes are made from."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from guanxi.gateway.operations import Answers, KeyRule, Operation
from guanxi.gateway.problems import Problem
from guanxi.gateway.wire import BODY_LIMIT, KEY_LENGTH

_DESCRIPTION: Final = f"""
The HTTP door of Guanxi for internet and mobile banking and for the systems behind it.

* Sign in at `POST /v1/sessions`; send the token as `Authorization: Bearer <token>`.
* Machine clients send a key of their own as `Authorization: Bearer <key>` and do what their scopes allow.
* Money is decimal text with its currency beside it, never a number.
* Whatever changes something needs an `Idempotency-Key`. Repeating the same request with the same key has no second
  effect and answers what was answered, with `Idempotency-Replayed: true`.
* Refusals are problem documents (RFC 9457) with a stable `code` and the `next_step` to take.
* Bodies are JSON of at most {BODY_LIMIT // 1024} KiB; unknown fields are refused.
"""
_REFUSALS: Final[dict[int, str]] = {
    400: "The request breaks a rule; `errors` names the fields.",
    401: "Not signed in, or the proof is wrong.",
    403: "Not permitted on this channel, or not among the scopes of this client.",
    404: "There is no such thing, or not for this customer.",
    408: "The body took too long to arrive.",
    409: "The Idempotency-Key is in use: by other content, or by the same request still being worked on.",
    412: "It has changed since the version that If-Match names.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "Declined; nothing was changed. `code` is the reason.",
    428: "A change needs If-Match.",
    429: "Too many failures or requests; wait as `Retry-After` says.",
    503: "Cannot be done at this moment; try again.",
    504: "A business system did not answer in time; try again with the same key.",
}
LINES: Final = "application/x-ndjson"
_KEY_SCHEMA: Final = {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[\\x21-\\x7e]+$"}


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document."""
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Guanxi gateway",
            "version": importlib.metadata.version("guanxi"),
            "summary": "The bank's services for the channels its customers use.",
            "description": _DESCRIPTION.strip(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer", "description": "The token of POST /v1/sessions."},
                "client": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The key of a machine client, with the scope that the operation names.",
                },
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Signature",
                    "description": "Hexadecimal HMAC-SHA256 of the body under the shared key.",
                },
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    structs: list[type[msgspec.Struct]] = [Problem]
    for operation in operations:
        structs += [operation.body] if operation.body else []
        structs += [answers.body for answers in operation.answers.values() if answers.body]
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    return schemas


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "responses": {str(status): _answers(operation, answers) for status, answers in operation.answers.items()},
    }
    described["responses"] |= {str(status): _refusal(status) for status in operation.problems}
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body and not operation.takes_lines:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": _content(operation.body, operation.body_example)},
        }
    if operation.streams_xml:
        described["requestBody"] = {
            "required": True,
            "content": {"application/xml": {"schema": {"type": "string"}, "example": operation.body_example}},
        }
    if operation.takes_lines and operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {LINES: _lines(operation.body, operation.body_example)},
        }
    if operation.scope:
        described["security"] = [{"client": [operation.scope]}]
    if operation.signed_in or operation.signed:
        described["security"] = [{"session": []} if operation.signed_in else {"signature": []}]
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": operation.path_parameters[name],
            "schema": {"type": "string"},
        }
        for name in re.findall(r"\{(\w+)}", operation.path)
    ]
    parameters += [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": description,
            "schema": {"type": "integer", "minimum": 1, "maximum": 10**8} if form is int else {"type": "string"},
        }
        for name, (description, form) in operation.query_parameters.items()
    ]
    if operation.if_match is not KeyRule.IGNORED:
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": operation.if_match is KeyRule.REQUIRED,
                "description": "The ETag of what is to be changed, or `*`.",
                "schema": {"type": "string", "minLength": 1, "pattern": "^[\\x21-\\x7e]+$"},
            }
        )
    if operation.idempotency_key is not KeyRule.IGNORED:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.idempotency_key is KeyRule.REQUIRED,
                "description": "A new value, such as a UUID, for each new request; the same value to repeat one.",
                "schema": _KEY_SCHEMA,
            }
        )
    return parameters


def _answers(operation: Operation, answers: Answers) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answers.description}
    if answers.body and answers.media_type == LINES:
        described["content"] = {LINES: _lines(answers.body, answers.example)}
    elif answers.body:
        described["content"] = {answers.media_type: _content(answers.body, answers.example)}
    elif answers.media_type != "application/json":
        described["content"] = {answers.media_type: {"schema": {"type": "string"}}}
    if operation.idempotency_key is not KeyRule.IGNORED:
        described["headers"] = {
            "Idempotency-Replayed": {
                "description": "`true` when this is the stored answer to an earlier, equal request.",
                "schema": {"type": "string", "enum": ["true"]},
            }
        }
    return described


def _lines(body: type[msgspec.Struct], example: object) -> dict[str, Any]:
    """Text of which each line is a document; OpenAPI 3.1 has no word for it, 3.2 calls it `itemSchema`."""
    item = {"$ref": f"#/components/schemas/{body.__name__}"}
    return {"schema": {"type": "string"}, "x-item-schema": item, "example": example}


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": _REFUSALS[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _content(body: type[msgspec.Struct], example: object) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}
    if example is not None:
        content["example"] = example
    return content
