"""`GET /openapi.json` for machines and `GET /docs` for people: made from one table, no scripts."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from guanxi.gateway import openapi
from guanxi.gateway.answers import ALWAYS, Answer
from guanxi.gateway.operations import Answers, Operation
from guanxi.gateway.problems import REASONS
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #3a4149); --soft: light-dark(#f5f7f9, #1d2227) }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem 1rem; margin: 1rem 0 }
h2 { margin-top: 2.5rem } h3 code { font-size: 1rem }
pre { background: var(--soft); padding: .75rem; border-radius: .4rem; overflow-x: auto }
table { border-collapse: collapse; width: 100% } td, th { border-top: 1px solid var(--line); padding: .35rem .6rem;
text-align: left; vertical-align: top }
"""


def reference_operations(served: Sequence[Operation]) -> list[Operation]:
    """The two operations that describe `served` and themselves."""

    async def run_document(_gateway: Gateway, _call: Call) -> Answer:
        return document

    async def run_page(_gateway: Gateway, _call: Call) -> Answer:
        return page

    operations = [
        Operation(
            method="GET",
            path="/openapi.json",
            name="openapi",
            tag="Reference",
            summary="This interface as OpenAPI 3.1",
            description="What this gateway serves, for machines.",
            run=run_document,
            answers={200: Answers("The document.", media_type="application/json")},
        ),
        Operation(
            method="GET",
            path="/docs",
            name="reference",
            tag="Reference",
            summary="This interface as a page",
            description="What this gateway serves, for people.",
            run=run_page,
            answers={200: Answers("The page.", media_type="text/html")},
        ),
    ]
    everything = [*served, *operations]
    described = openapi.document(everything)
    document = _fixed(json.dumps(described, ensure_ascii=False).encode(), b"application/json")
    page = _fixed(_page(described).encode(), b"text/html; charset=utf-8")
    return operations


def _fixed(body: bytes, media_type: bytes) -> Answer:
    return Answer(200, body, ((b"content-type", media_type), *ALWAYS), "completed")


def _page(described: dict[str, Any]) -> str:
    info = described["info"]
    sections: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            sections.setdefault(operation["tags"][0], []).append(_article(method.upper(), path, operation))
    body = "".join(f"<h2>{html.escape(tag)}</h2>{''.join(articles)}" for tag, articles in sections.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{info["title"]}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{info['title']} {info['version']}</h1><pre>{html.escape(info['description'])}</pre>"
        f'<p>For machines: <a href="/openapi.json">openapi.json</a>.</p>{body}{_reasons()}</html>'
    )


def _article(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{html.escape(found['name'])}</code> ({found['in']}{', required' if found['required'] else ''}): "
        f"{html.escape(found['description'])}</li>"
        for found in operation.get("parameters", [])
    )
    body = _example("Body", operation.get("requestBody", {}))
    answers = "".join(
        f"<tr><td>{status}</td><td>{html.escape(answer['description'])}{_example('', answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<article><h3><code>{method} {html.escape(path)}</code> {html.escape(operation['summary'])}</h3>"
        f"<p>{html.escape(operation['description'])}</p><ul>{parameters}</ul>{body}"
        f"<table><tr><th>Status<th>Meaning</tr>{answers}</table></article>"
    )


def _example(title: str, described: dict[str, Any]) -> str:
    for content in described.get("content", {}).values():
        if "example" in content:
            text = json.dumps(content["example"], ensure_ascii=False, indent=2)
            return f"{title}<pre>{html.escape(text)}</pre>"
    return ""


def _reasons() -> str:
    rows = "".join(
        f"<tr><td><code>{reason.value}</code><td>{answer.status}<td>{html.escape(answer.detail)}"
        f"<td>{html.escape(answer.next_step)}</tr>"
        for reason, answer in REASONS.items()
    )
    return (
        f"<h2>Why a service was not done</h2><table><tr><th>Code<th>Status<th>Meaning<th>Next step</tr>{rows}</table>"
    )
