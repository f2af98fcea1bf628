"""A bundle of two legs: money from an account in one business system to an account or a loan in another.

It is a transfer that must go across: the credit can be refused after the debit is done; then the debit is undone.
"""

from __future__ import annotations

import dataclasses
from typing import cast

from guanxi.kernel.vocabulary import Reason
from guanxi.services.catalogue.internal_transfer import SERVICE as TRANSFER
from guanxi.services.catalogue.internal_transfer import InternalTransfer, plan_transfer
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Known, Plan


class TransferAcrossSystems(InternalTransfer, frozen=True, forbid_unknown_fields=True):
    """From, to (an account, or the loan that is repaid), how much, and a word to go with it."""


def plan(request: ServiceRequest, known: Known) -> Plan:
    """The transfer's own plan, unless both accounts are in one system, or the money would go to a card."""
    transfer = cast("TransferAcrossSystems", request.arguments)
    planned = plan_transfer(request, known, transfer, on_both=True)
    payer, payee = known.accounts.get(transfer.from_account), known.accounts.get(transfer.to_account)
    if planned.declined or payer is None or payee is None or payee.system not in {payer.system, "cards"}:
        return planned
    return Plan(entries=planned.entries, declined=Reason.INVALID_REQUEST)


SERVICE = dataclasses.replace(TRANSFER, name="transfer_across_systems", arguments=TransferAcrossSystems, plan=plan)
