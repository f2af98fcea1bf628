"""What every adapter owes the exchange, tried against a peer: for an adapter's own tests, of the house or outside it.

A test gives a `Bench`: the adapter, how to make a leg, and how to make the peer silent, deaf, or tell what it did. Each
promise is a coroutine that raises `PromiseBroken` where it is not kept; `PROMISES` are all of them.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from guanxi.services.ports import BusinessSystem
from guanxi.services.request import Leg, LegReply
from guanxi.systems.errors import SystemsError

Manner = Literal["answers", "loses_replies", "loses_requests"]


class PromiseBroken(SystemsError):
    """The adapter does not keep a promise of `services.ports.BusinessSystem`."""

    code = "systems.promise_broken"
    permanent = True


@dataclasses.dataclass(frozen=True, slots=True)
class Bench:
    """An opened adapter with its peer. `effects` counts what stands in the peer's books for a leg."""

    system: BusinessSystem
    new_leg: Callable[[], Leg]
    refused_leg: Callable[[], Leg]
    behave: Callable[[Manner], None]
    effects: Callable[[Leg], int]


async def does_it_once(bench: Bench) -> None:
    """A leg that is confirmed stands in the books once, however often it is performed or asked after."""
    leg = bench.new_leg()
    first = await bench.system.perform(leg)
    _expect(first.state in {"confirmed", "pending"}, f"a good leg is {first.state}")
    again, asked = await bench.system.perform(leg), await bench.system.enquire(leg)
    _expect(again.state == first.state, f"performed again, a {first.state} leg is {again.state}")
    _expect(again.reference == first.reference, "performed again, a leg has another reference")
    _expect(asked.state == first.state, f"asked after, a {first.state} leg is {asked.state}")
    _expect(bench.effects(leg) == 1, f"a leg performed twice has {bench.effects(leg)} effects")


async def does_it_once_when_many_ask_together(bench: Bench) -> None:
    """The same leg performed many times at once has one effect."""
    leg = bench.new_leg()
    await asyncio.gather(*(bench.system.perform(leg) for _ in range(8)))
    _expect(bench.effects(leg) == 1, f"a leg performed eight times at once has {bench.effects(leg)} effects")


async def says_no_with_a_reason(bench: Bench) -> None:
    """What the peer refuses is failed, with a reason, has no effect, and stays so."""
    leg = bench.refused_leg()
    for reply in (await bench.system.perform(leg), await bench.system.perform(leg)):
        _expect(reply.state == "failed" and reply.reason is not None, f"a refused leg is {reply.state}")
    _expect(bench.effects(leg) == 0, "a refused leg has an effect")


async def is_unknown_on_silence(bench: Bench) -> None:
    """A leg whose answer is lost is unknown; asked after when the peer answers again, it is known, and done once."""
    leg = bench.new_leg()
    bench.behave("loses_replies")
    silent = await bench.system.perform(leg)
    bench.behave("answers")
    _expect(silent.state == "unknown", f"a leg whose answer is lost is {silent.state}")
    asked = await bench.system.enquire(leg)
    _expect(asked.state in {"confirmed", "pending"}, f"asked after, a leg that was done is {asked.state}")
    _expect(bench.effects(leg) == 1, f"a leg whose answer was lost has {bench.effects(leg)} effects")


async def knows_what_became_of_a_lost_request(bench: Bench) -> None:
    """A leg that never arrived is, asked after, failed without an effect, or done now with one."""
    leg = bench.new_leg()
    bench.behave("loses_requests")
    silent = await bench.system.perform(leg)
    still = await bench.system.enquire(leg)
    bench.behave("answers")
    _expect(silent.state == "unknown", f"a leg that was lost on the way is {silent.state}")
    _expect(still.state == "unknown", f"asked after while the peer is silent, a leg is {still.state}")
    asked = await bench.system.enquire(leg)
    expected = {"failed": 0, "confirmed": 1, "pending": 1}.get(asked.state)
    _expect(bench.effects(leg) == expected, f"a {asked.state} leg has {bench.effects(leg)} effects")


async def undoes_once(bench: Bench) -> None:
    """A leg that is undone does not stand in the books; undoing it again changes nothing."""
    leg = bench.new_leg()
    await bench.system.perform(leg)
    for reply in (await bench.system.undo(leg), await bench.system.undo(leg)):
        _expect(reply.state == "reversed", f"an undone leg is {reply.state}")
        _expect(bench.effects(leg) == 0, "an undone leg stands in the books")


async def is_unknown_when_nobody_confirms_the_undo(bench: Bench) -> None:
    """An undo without an answer is unknown, and may be repeated."""
    leg = bench.new_leg()
    await bench.system.perform(leg)
    bench.behave("loses_replies")
    silent = await bench.system.undo(leg)
    bench.behave("answers")
    _expect(silent.state == "unknown", f"an undo without an answer is {silent.state}")
    _expect((await bench.system.undo(leg)).state == "reversed", "an undo that is repeated does not come to an end")
    _expect(bench.effects(leg) == 0, "an undone leg stands in the books")


async def refuses_a_late_original(bench: Bench) -> None:
    """A leg that is undone before it arrives has no effect when it does, and is not confirmed."""
    leg = bench.new_leg()
    undone = await bench.system.undo(leg)
    late: LegReply = await bench.system.perform(leg)
    _expect(undone.state == "reversed", f"a leg that is undone before it arrives is {undone.state}")
    _expect(late.state == "failed", f"a leg that arrives after its undo is {late.state}")
    _expect(bench.effects(leg) == 0, "a leg that arrives after its undo has an effect")


Promise = Callable[[Bench], Awaitable[None]]
PROMISES: Final[tuple[Promise, ...]] = (
    does_it_once,
    does_it_once_when_many_ask_together,
    says_no_with_a_reason,
    is_unknown_on_silence,
    knows_what_became_of_a_lost_request,
    undoes_once,
    is_unknown_when_nobody_confirms_the_undo,
    refuses_a_late_original,
)


def _expect(kept: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not kept:
        raise PromiseBroken(f"{otherwise[0].upper()}{otherwise[1:]}.")
