"""ISO 8583 messages a second, from the octets of a request to the octets of its answer, against pyiso8583 alone.

Ours takes the request out of its frame, reads and checks every field, makes the answer, writes and frames it. The
anchor reads and writes the same messages and does nothing else.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import iso8583

from benchmarks.result import Result
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import DIALECT, Message, decode, encode, response_to

_MESSAGES = 2_000
_ROUNDS = 5
_GOAL = 0.8
_ECHOED = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49)


def measure() -> list[Result]:
    """Alternate ours with the anchor over the same withdrawals."""
    requests = [encode(_withdrawal(number)) for number in range(_MESSAGES)]
    frames, specification = [frame(raw) for raw in requests], _specification()
    rounds = [
        (_per_second(lambda: _ours(frames)), _per_second(lambda: _anchor(requests, specification)))
        for _ in range(_ROUNDS)
    ]
    ratios = sorted(own / anchor for own, anchor in rounds)
    ratio = statistics.median(ratios)
    return [
        Result(
            name="ISO 8583 in process",
            question=f"How many of {_MESSAGES:,} withdrawals of {len(requests[0])} octets are answered a second?",
            figures=(
                ("Guanxi, framed request to framed answer", ", ".join(f"{own:,.0f}" for own, _ in rounds)),
                ("pyiso8583, decode and encode alone", ", ".join(f"{anchor:,.0f}" for _, anchor in rounds)),
            ),
            verdict=f"{ratio:.2f} of pyiso8583 ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            goal=f"at least {_GOAL}",
            met=ratio >= _GOAL,
        )
    ]


def _withdrawal(number: int) -> Message:
    fields = {2: f"622202{number:010}", 3: "010000", 4: f"{100 * number:012}", 7: "1123120000", 11: f"{number:06}"}
    fields |= {12: "120000", 13: "1123", 14: "3012", 18: "6011", 22: "051", 32: "123456", 37: f"{number:012}"}
    fields |= {35: f"622202{number:010}=30121010000012345678", 41: "ATM00001", 42: "GUANXI000000001", 49: "156"}
    return Message("0200", {**fields, 52: "0011223344556677", 64: "8899AABBCCDDEEFF"})


def _ours(frames: list[bytes]) -> None:
    parser = FrameParser()
    for framed in frames:
        for raw in parser.feed(framed):
            frame(encode(response_to(decode(raw), "00", _ECHOED, {38: "123456"})))


def _anchor(requests: list[bytes], specification: dict[str, dict[str, Any]]) -> None:
    for raw in requests:
        request, _ = iso8583.decode(raw, specification)
        answer = {str(number): request[str(number)] for number in _ECHOED}
        iso8583.encode({"t": "0210", **answer, "38": "123456", "39": "00"}, specification)


def _specification() -> dict[str, dict[str, Any]]:
    """Our dialect in the anchor's own form."""
    usual = {"len_enc": "ascii", "data_enc": "ascii", "desc": ""}
    found: dict[str, dict[str, Any]] = {
        str(number): {
            **usual,
            "data_enc": "b" if field.kind == "b" else "ascii",
            "len_type": field.prefix,
            "max_len": field.size,
        }
        for number, field in DIALECT.fields.items()
    }
    bitmap = {**usual, "data_enc": "b", "len_type": 0, "max_len": 8}
    return found | {
        "h": {**bitmap, "max_len": 0},
        "t": {**usual, "len_type": 0, "max_len": 4},
        "p": bitmap,
        "1": bitmap,
    }


def _per_second(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return _MESSAGES / (time.perf_counter() - started)
