"""What staff do with relationships: add, confirm, reject, change, end. Each is audited with the change itself."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from guanxi.access.audit import record_change
from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, require
from guanxi.kernel.identity import uuid7
from guanxi.parties.access import party_for
from guanxi.parties.errors import RelationshipRefused
from guanxi.parties.members import surviving
from guanxi.parties.models import FindingRun, Party, Relationship, RelationshipEvent
from guanxi.parties.relationships.kinds import KINDS, Stored, may_stand, stored
from guanxi.storage.transactions import open_transaction

_STAFF_NOTE: Final = 300


def add_relationship(
    *,
    actor: StaffMember,
    first: uuid.UUID,
    role: str,
    second: uuid.UUID,
    at: dt.datetime,
    share: Decimal | None = None,
    valid_from: dt.date | None = None,
    note: str = "",
) -> Relationship:
    """Write down that `first` is the `role` of `second`; one that was rejected before is now confirmed.

    `RelationshipRefused` when the two cannot stand so; `PartyUnknown`; `ActionDenied`.
    """
    require(actor, Action.EDIT_CUSTOMER)
    parties = [party_for(actor, surviving(party)) for party in (first, second)]
    place = _place(parties[0], role, parties[1])
    _check_share(place.kind, share)
    fact = {"sign": "staff", "by": actor.get_username(), "note": note[:_STAFF_NOTE] or "–"}
    values = {
        "state": Relationship.State.CONFIRMED,
        "share": share,
        "valid_from": valid_from,
        "decided_by": f"staff:{actor.get_username()}",
        "decided_at": at,
    }
    with open_transaction():
        found = (
            Relationship.objects.select_for_update()
            .filter(from_party_id=place.from_party, to_party_id=place.to_party, kind=place.kind, valid_to=None)
            .first()
        )
        if found is None:
            found = Relationship.objects.create(
                from_party_id=place.from_party,
                to_party_id=place.to_party,
                kind=place.kind,
                origin=Relationship.Origin.STAFF,
                evidence=[fact],
                made_at=at,
                **values,
            )
            _write(found, actor, "added", at, {"after": _said(found)})
        else:
            _change(found, actor, "confirmed", at, {**values, "evidence": [*found.evidence, fact][-10:]})
    return found


def decide_relationship(*, actor: StaffMember, relationship: int, confirm: bool, at: dt.datetime) -> Relationship:
    """Say that it is so, or that it is not; either can be changed later."""
    require(actor, Action.EDIT_CUSTOMER)
    with open_transaction():
        found = _locked(relationship)
        state = Relationship.State.CONFIRMED if confirm else Relationship.State.REJECTED
        if found.valid_to is not None:
            raise RelationshipRefused("This relationship has ended.")
        values = {"state": state, "decided_by": f"staff:{actor.get_username()}", "decided_at": at}
        _change(found, actor, "confirmed" if confirm else "rejected", at, values)
    return found


def edit_relationship(
    *,
    actor: StaffMember,
    relationship: int,
    at: dt.datetime,
    share: Decimal | None,
    valid_from: dt.date | None,
) -> Relationship:
    """Correct how much is held and since when; what is changed by hand is thereby confirmed."""
    require(actor, Action.EDIT_CUSTOMER)
    with open_transaction():
        found = _locked(relationship)
        if found.valid_to is not None and valid_from is not None and valid_from > found.valid_to:
            raise RelationshipRefused("It cannot begin after it has ended.")
        _check_share(found.kind, share)
        values = {
            "share": share,
            "valid_from": valid_from,
            "state": Relationship.State.CONFIRMED,
            "decided_by": f"staff:{actor.get_username()}",
            "decided_at": at,
        }
        _change(found, actor, "changed", at, values)
    return found


def end_relationship(*, actor: StaffMember, relationship: int, on: dt.date, at: dt.datetime) -> Relationship:
    """It was so until `on`. What a person has ended is not proposed again."""
    require(actor, Action.EDIT_CUSTOMER)
    with open_transaction():
        found = _locked(relationship)
        if found.valid_to is not None:
            raise RelationshipRefused("This relationship has ended.")
        if found.valid_from is not None and on < found.valid_from:
            raise RelationshipRefused("It cannot end before it began.")
        values = {
            "valid_to": on,
            "state": Relationship.State.CONFIRMED,
            "decided_by": f"staff:{actor.get_username()}",
            "decided_at": at,
        }
        _change(found, actor, "ended", at, values)
    return found


def start_run(*, actor: StaffMember, at: dt.datetime) -> FindingRun:
    """Look at all parties once more, from the next minute on; the one under way if there is one."""
    require(actor, Action.STEWARD_RECORDS)
    with open_transaction():
        found = FindingRun.objects.filter(state=FindingRun.State.RUNNING).first()
        if found is None:
            by = f"staff:{actor.get_username()}"
            parties = Party.objects.filter(merged_into=None).count()
            found = FindingRun.objects.create(id=uuid7(), parties=parties, started_by=by, started_at=at)
            record_change(actor=by, action="find_relationships", subject=f"run:{found.id}", at=at)
    return found


def stop_run(*, actor: StaffMember, run: uuid.UUID, at: dt.datetime) -> None:
    """End a run after the batch that it is in; what it found stays."""
    require(actor, Action.STEWARD_RECORDS)
    with open_transaction():
        running = FindingRun.objects.filter(id=run, state=FindingRun.State.RUNNING)
        if running.update(state=FindingRun.State.STOPPED, ended_at=at):
            by = f"staff:{actor.get_username()}"
            record_change(actor=by, action="stop_finding_relationships", subject=f"run:{run}", at=at)


def _place(first: Party, role: str, second: Party) -> Stored:
    try:
        place = stored(first.id, role, second.id)
    except KeyError:
        raise RelationshipRefused("There is no such kind of relationship.") from None
    if first.id == second.id:
        raise RelationshipRefused("Nobody is related to themselves.")
    ends = (first, second) if place.from_party == first.id else (second, first)
    if not may_stand(place.kind, ends[0].kind, ends[1].kind):
        raise RelationshipRefused("These two cannot stand in such a relationship: one of them is of the wrong kind.")
    return place


def _check_share(kind: str, share: Decimal | None) -> None:
    if share is None:
        return
    if not KINDS[kind].shares:
        raise RelationshipRefused("Only a shareholding has a percentage.")
    if not 0 < share <= 100:
        raise RelationshipRefused("A share is more than 0 and at most 100 per cent.")


def _locked(relationship: int) -> Relationship:
    found = Relationship.objects.select_for_update().filter(id=relationship).first()
    if found is None:
        raise RelationshipRefused("This relationship is not known.")
    return found


def _change(found: Relationship, actor: StaffMember, what: str, at: dt.datetime, values: Mapping[str, Any]) -> None:
    before = _said(found)
    for name, value in values.items():
        setattr(found, name, value)
    found.save(update_fields=list(values))
    _write(found, actor, what, at, {"before": before, "after": _said(found)})


def _said(found: Relationship) -> dict[str, str]:
    names = ("state", "share", "valid_from", "valid_to")
    return {name: str(value) for name in names if (value := getattr(found, name)) is not None}


def _write(found: Relationship, actor: StaffMember, what: str, at: dt.datetime, detail: dict[str, Any]) -> None:
    by = f"staff:{actor.get_username()}"
    RelationshipEvent.objects.create(relationship=found, at=at, actor=by, what=what, detail=detail)
    ends = {"kind": found.kind, "to": str(found.to_party_id), "relationship": found.id}
    record_change(
        actor=by,
        action=f"relationship_{what}",
        subject=f"party:{found.from_party_id}",
        at=at,
        detail={**ends, **detail},
    )
