"""Point of sale: purchases with the merchant's name, and balances; debit cards with the PIN."""

from __future__ import annotations

from typing import Final

from guanxi.gateway.terminal_channel import TerminalChannel, Transaction, balances, look, pin_for_debit, spend
from guanxi.kernel.vocabulary import Channel

TERMINAL_CHANNEL: Final = TerminalChannel(
    Channel.POS,
    {
        "00": Transaction("purchase", spend, moves_money=True, result=balances),
        "31": Transaction("balance", look, moves_money=False, result=balances),
    },
    pin_for_debit,
)
