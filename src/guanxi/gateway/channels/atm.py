"""Automated teller machines: cash, balance and mini statement, always with the PIN."""

from __future__ import annotations

from typing import Final

from guanxi.gateway.terminal_channel import TerminalChannel, Transaction, balances, look, pin_always, spend, statement
from guanxi.kernel.vocabulary import Channel

TERMINAL_CHANNEL: Final = TerminalChannel(
    Channel.ATM,
    {
        "01": Transaction("cash_withdrawal", spend, moves_money=True, result=balances),
        "31": Transaction("balance", look, moves_money=False, result=balances),
        "38": Transaction("mini_statement", look, moves_money=False, result=statement),
    },
    pin_always,
)
