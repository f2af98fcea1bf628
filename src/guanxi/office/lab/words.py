"""What the lab's machines say, in the customer's language. The browser's script gets them all at once."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# ISO 8583 field 39, as a machine says it.
_TOLD: Final[dict[str, str | Promise]] = {
    "": _("The bank does not answer. You will not be charged; the machine takes the request back."),
    "00": _("Approved"),
    "12": _("This card cannot be used for this."),
    "13": _("This amount is not possible."),
    "14": _("This card is not known."),
    "51": _("Insufficient funds"),
    "53": _("The account cannot be used."),
    "54": _("This card has expired."),
    "55": _("Wrong PIN. Please try again."),
    "57": _("Not permitted with this card."),
    "61": _("This is above your limit."),
    "62": _("Card retained. Please ask your branch."),
    "75": _("Card retained: too many wrong PINs. Please ask your branch."),
    "68": _("The bank did not answer in time. Nothing was taken."),
    "91": _("Out of service for a moment. Please try again."),
    "96": _("Out of service for a moment. Please try again."),
}
_OTHERWISE: Final = _("The bank has refused this.")

SCREEN_WORDS: Final[dict[str, str | Promise]] = {
    "welcome": _("Welcome"),
    "insert_card": _("Please insert your card"),
    "enter_pin": _("Please enter your PIN"),
    "then_enter": _("then press Enter"),
    "what_would_you_like": _("What would you like to do?"),
    "withdraw": _("Withdraw cash"),
    "balance": _("Balance"),
    "statement": _("Latest entries"),
    "eject": _("Return card"),
    "other_amount": _("Other amount"),
    "how_much": _("How much?"),
    "hundreds": _("The machine pays notes of 100."),
    "please_wait": _("One moment please…"),
    "take_cash": _("Please take your cash"),
    "take_card": _("Please take your card"),
    "anything_else": _("Anything else?"),
    "back": _("Back"),
    "available": _("Available"),
    "ledger": _("Balance in the books"),
    "receipt": _("Receipt"),
    "withdrawal": _("Withdrawal"),
    "purchase": _("Purchase"),
    "approved": _("Approved"),
    "declined": _("Declined"),
    "reference": _("Reference"),
    "amount_to_pay": _("Amount to pay"),
    "key_amount": _("Key in the amount, then Enter"),
    "pin_or_sign": _("PIN, or Enter to sign"),
    "merchant_copy": _("Thank you!"),
    "no_entries": _("No entries yet"),
    "card_retained": _("Card retained"),
    "debit": _("Debit card"),
    "credit": _("Credit card"),
    "sign_in": _("Sign in"),
    "sign_out": _("Sign out"),
    "login": _("Customer number"),
    "password": _("Password"),
    "no_login": _("This customer has no login. Choose another one, such as 王小明."),
    "good_day": _("Good day, "),
    "accounts": _("Accounts"),
    "cards": _("Cards"),
    "transfer": _("Transfer"),
    "pay_bill": _("Pay a bill"),
    "complain": _("Tell us"),
    "from_account": _("From"),
    "to_account": _("To account"),
    "amount": _("Amount"),
    "memo": _("Message"),
    "biller": _("Biller"),
    "bill_reference": _("Number on the bill"),
    "subject": _("What is it about?"),
    "description": _("What happened?"),
    "send": _("Send"),
    "cancel": _("Cancel"),
    "done": _("Done"),
    "pending": _("Under way: the biller will confirm within seconds."),
    "in_doubt": _("Being settled. Ask again in a moment."),
    "case": _("Your case has the number "),
    "block": _("Block this card"),
    "blocked": _("Blocked"),
    "unreachable": _("The bank cannot be reached. Is the gateway running?"),
    "customer": _("customer"),
    "bank": _("bank"),
    "nothing_said": _("Nothing has been said yet. Use a machine."),
    "electricity": _("Electricity"),
    "water": _("Water"),
    "gas": _("Gas"),
    "telecom": _("Telecom"),
    "property": _("Property management"),
}


def told(code: str) -> str:
    """What a machine shows for a response code."""
    return str(_TOLD.get(code, _OTHERWISE))
