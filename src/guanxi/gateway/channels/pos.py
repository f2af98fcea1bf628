"""Point of sale: purchases with the merchant's name, and balances; debit cards with the PIN."""

from __future__ import annotations

from typing import Any, Final

from guanxi.gateway.terminal_channel import TerminalChannel, Transaction, balances, look, pin_for_debit, spend
from guanxi.kernel.iso8583.message import Message
from guanxi.kernel.vocabulary import Channel
from guanxi.parties.cards import PresentedCard


def _purchase(message: Message, card: PresentedCard, number_hash: str) -> dict[str, Any]:
    """The merchant is named by field 43, or else by its number in field 42."""
    merchant = (message.fields.get(43) or message.fields.get(42) or "").strip()
    return {**spend(message, card, number_hash), "merchant": merchant or message.fields[41]}


TERMINAL_CHANNEL: Final = TerminalChannel(
    Channel.POS,
    {
        "00": Transaction("purchase", _purchase, moves_money=True, result=balances),
        "31": Transaction("balance", look, moves_money=False, result=balances),
    },
    pin_for_debit,
)
