"""The closed lists of words that every room, peer and screen uses in the same sense."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """Where a customer and the bank meet."""

    BRANCH = "branch"
    ATM = "atm"
    POS = "pos"
    INTERNET = "internet"
    MOBILE = "mobile"
    TELEPHONE = "telephone"
    CALL_CENTRE = "call_centre"
    MAIL = "mail"
    CORPORATE_FILE = "corporate_file"
    BACK_OFFICE = "back_office"  # a business system acted by itself: interest, a standing order, a fee


class InteractionKind(StrEnum):
    """What sort of thing an interaction was."""

    TRANSACTION = "transaction"  # money moved, or was meant to
    INQUIRY = "inquiry"  # somebody looked
    SERVICE = "service"  # something about the relationship changed
    CONTACT = "contact"  # words were exchanged
    SECURITY = "security"  # sign-in, block, refusal


class Outcome(StrEnum):
    """How a service request ended."""

    COMPLETED = "completed"  # done, durable
    PENDING = "pending"  # accepted, durable, a peer will confirm later
    DECLINED = "declined"  # refused for a business reason; nothing moved
    FAILED = "failed"  # could not be done; nothing moved
    REVERSED = "reversed"  # was done and has been undone
    IN_DOUBT = "in_doubt"  # a peer did not answer; being resolved


class Reason(StrEnum):
    """Why a request was not simply completed. Every channel renders these in its own terms."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_BLOCKED = "account_blocked"
    NOT_PERMITTED = "not_permitted"
    CARD_UNKNOWN = "card_unknown"
    CARD_BLOCKED = "card_blocked"
    CARD_EXPIRED = "card_expired"
    WRONG_PIN = "wrong_pin"
    PIN_TRIES_EXCEEDED = "pin_tries_exceeded"
    LIMIT_EXCEEDED = "limit_exceeded"
    INVALID_AMOUNT = "invalid_amount"
    INVALID_REQUEST = "invalid_request"
    CURRENCY_MISMATCH = "currency_mismatch"
    BILLER_UNKNOWN = "biller_unknown"
    DUPLICATE_REQUEST = "duplicate_request"  # same idempotency key, different content
    IN_PROGRESS = "in_progress"  # same idempotency key, first request still being worked on
    ORIGINAL_UNKNOWN = "original_unknown"  # a reversal of what was never seen; it will be refused if it comes late
    SYSTEM_UNAVAILABLE = "system_unavailable"
    SYSTEM_TIMEOUT = "system_timeout"
    REFUSED_BY_SYSTEM = "refused_by_system"
    MESSAGE_UNAUTHENTIC = "message_unauthentic"
