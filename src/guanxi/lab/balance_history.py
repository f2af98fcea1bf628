"""Could these balances have been told by one account that does one thing at a time? And did any read miss money?

The bank test that is known from Jepsen (https://github.com/jepsen-io/jepsen, `jepsen.tests.bank`): transfers between
accounts leave their total as it is, in every read. Beyond it each account is checked for linearizability after Wing and
Gong, "Testing and verifying concurrent objects" (1993): there must be one order of all operations on it that keeps to
the real time between them and gives every balance that was told. Pure.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec


class AccountOperation(msgspec.Struct, frozen=True):
    """What one request does to one account, between the instants `begun` and `ended` (None: it was never answered).

    `steps` are the changes of the balance that it makes, each by itself: none of them or all, when it is not `certain`.
    `told` is the balance that its answer named, which is the one after its last step. A look is a certain step of zero.
    """

    account: str
    begun: float
    ended: float | None
    steps: tuple[Decimal, ...]
    told: Decimal | None = None
    certain: bool = True


def unequal_totals(reads: Iterable[Mapping[str, Decimal]], total: Decimal) -> list[str]:
    """Reads of all accounts at one instant whose sum is not `total`."""
    return [
        f"read {number}: {sum(read.values())} instead of {total}"
        for number, read in enumerate(reads)
        if sum(read.values()) != total
    ]


def impossible_accounts(opening: Mapping[str, Decimal], operations: Iterable[AccountOperation]) -> list[str]:
    """Accounts whose told balances no order of their operations explains."""
    by_account = collections.defaultdict[str, list[AccountOperation]](list)
    for operation in operations:
        by_account[operation.account].append(operation)
    return [account for account, done in sorted(by_account.items()) if not has_an_order(opening[account], done)]


def has_an_order(opening: Decimal, operations: Sequence[AccountOperation]) -> bool:
    """Is there an order of `operations` that explains every balance told? Searched depth first, no state twice."""
    ordered = sorted(operations, key=lambda operation: operation.begun)
    start = ((0,) * len(ordered), opening)
    waiting, seen = [start], {start}
    while waiting:
        progress, balance = waiting.pop()
        if _is_over(ordered, progress):
            return True
        for state in _following(ordered, progress, balance):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return False


_State = tuple[tuple[int, ...], Decimal]


def _following(ordered: Sequence[AccountOperation], progress: tuple[int, ...], balance: Decimal) -> Iterator[_State]:
    """Every next step: of an operation that began before any that must still go on has ended."""
    must_end_by = min(
        (
            each.ended
            for each, done in zip(ordered, progress, strict=True)
            if each.ended is not None and _must_go_on(each, done)
        ),
        default=None,
    )
    last_begun = max((each.begun for each, done in zip(ordered, progress, strict=True) if done), default=None)
    for position, each in enumerate(ordered):
        if must_end_by is not None and each.begun > must_end_by:
            return
        done = progress[position]
        if done == len(each.steps) or _is_past(each, last_begun):
            continue
        after = balance + each.steps[done]
        if done + 1 == len(each.steps) and each.told is not None and each.told != after:
            continue
        yield (*progress[:position], done + 1, *progress[position + 1 :]), after


def _must_go_on(operation: AccountOperation, done: int) -> bool:
    return done < len(operation.steps) and (operation.certain or done > 0)


def _is_past(operation: AccountOperation, last_begun: float | None) -> bool:
    """Something that began after this one had ended has happened already."""
    return operation.ended is not None and last_begun is not None and operation.ended < last_begun


def _is_over(ordered: Sequence[AccountOperation], progress: tuple[int, ...]) -> bool:
    return not any(
        _must_go_on(each, done) and each.ended is not None for each, done in zip(ordered, progress, strict=True)
    )
