"""What the codes of the data set mean, in Czech and in the English of its two later publishers."""

from __future__ import annotations

from typing import Final

from guanxi.kernel.vocabulary import Channel

CREDIT: Final = frozenset({"PRIJEM", "credit"})
DEBIT: Final = frozenset({"VYDAJ", "VYBER", "debit", "withdrawal", "withdrawal in cash", "cash_withdraw"})
_CASH_OUT, _CASH_IN = (Channel.BRANCH, "cash_withdrawal"), (Channel.BRANCH, "cash_deposit")
_INCOMING, _OUTGOING = (Channel.BACK_OFFICE, "incoming_transfer"), (Channel.BACK_OFFICE, "outgoing_transfer")
_CARD: Final = (Channel.ATM, "cash_withdrawal")
OPERATIONS: Final[dict[str, tuple[Channel, str]]] = {
    **dict.fromkeys(("VYBER KARTOU", "credit card withdrawal", "credit_card_withdrawal"), _CARD),
    **dict.fromkeys(("VKLAD", "credit in cash", "deposit"), _CASH_IN),
    **dict.fromkeys(("VYBER", "withdrawal in cash", "withdraw_cash"), _CASH_OUT),
    **dict.fromkeys(("PREVOD Z UCTU", "collection from another bank", "collection_from_another_bank"), _INCOMING),
    **dict.fromkeys(("PREVOD NA UCET", "remittance to another bank", "transer_to_another_bank"), _OUTGOING),
    **dict.fromkeys(("", "interest_pmt"), (Channel.BACK_OFFICE, "interest")),
}
PURPOSES: Final[dict[str, str]] = {
    **dict.fromkeys(("", " "), ""),
    **dict.fromkeys(("SIPO", "household"), "household"),
    **dict.fromkeys(("UROK", "interest credited", "interest_pmt"), "interest"),
    **dict.fromkeys(("SLUZBY", "payment for statement", "service"), "statement_fee"),
    **dict.fromkeys(("POJISTNE", "insurrance payment", "insurrance_pmt"), "insurance"),
    **dict.fromkeys(("DUCHOD", "pension"), "pension"),
    **dict.fromkeys(("UVER", "loan_pmt"), "loan"),
    **dict.fromkeys(("SANKC. UROK", "sanction interest if negative balance"), "penalty_interest"),
    "LEASING": "leasing",
}
STATEMENTS: Final = {"POPLATEK MESICNE": "monthly", "POPLATEK TYDNE": "weekly", "POPLATEK PO OBRATU": "after_turnover"}
# A: finished and paid; B: finished and not paid; C: running; D: running and in debt.
STANDINGS: Final = {"A": "repaid", "B": "defaulted", "C": "running", "D": "in_arrears"}
