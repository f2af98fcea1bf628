"""Published messages of five projects: what is valid is read, what genkgo/camt found in it is found here too."""

from __future__ import annotations

import datetime as dt
import json
import tarfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from guanxi.kernel.iso20022.account_messages import AccountMessage, Entry, TransactionDetail
from guanxi.kernel.iso20022.errors import Iso20022Error, MessageUnknown
from guanxi.kernel.iso20022.messages import read_message

ARCHIVE = Path(__file__).parents[3] / "../shared/data/iso20022/iso20022_samples.tar.gz"
NOT_MESSAGES = {
    "genkgo-camt/camt053.v2.wrong.xml": "Document/BkToCstmrStmt/Stmt",  # a statement without a statement
    "prowide/mx_sample_header.xml": "AppHdr",  # a header alone
    "prowide/app_to_mqsq.xml": "Document",  # SWIFT's own, older than ISO 20022
}
# genkgo counts these in whole units whatever the currency; its names for balance codes.
BALANCES = {
    "OPBD": "opening",
    "PRCD": "opening",
    "CLBD": "closing",
    "OPAV": "opening_available",
    "CLAV": "closing_available",
    "FWAV": "forward_available",
    "INFO": "information",
    "ITBD": "interim",
    "ITAV": "interim_available",
    "XPCD": "expected_credit",
}
REFERENCES = {
    "getMessageId": "message_id",
    "getAccountServicerReference": "servicer_reference",
    "getPaymentInformationId": "payment_information_id",
    "getInstructionId": "instruction_id",
    "getEndToEndId": "end_to_end_id",
    "getUuidEndToEndReference": "unique_reference",
    "getTransactionId": "transaction_id",
    "getMandateId": "mandate_id",
    "getChequeNumber": "cheque_number",
    "getClearingSystemReference": "clearing_system_reference",
    "getAccountOwnerTransactionId": "owner_transaction_id",
    "getAccountServicerTransactionId": "servicer_transaction_id",
    "getMarketInfrastructureTransactionId": "market_transaction_id",
    "getProcessingId": "processing_id",
}


@pytest.fixture(scope="module")
def samples() -> dict[str, bytes]:
    if not ARCHIVE.exists():
        pytest.skip("The published ISO 20022 messages are not on this machine (../shared/data/iso20022).")
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {member.name.removeprefix("./"): archive.extractfile(member).read() for member in members}


def test_all_that_is_valid_is_read(samples):
    for name, data in samples.items():
        if name.endswith(".xml") and "/invalid_" not in name and name not in NOT_MESSAGES:
            assert read_message(data).identity.kind, name


def test_what_is_not_is_refused_and_the_element_named(samples):
    for name, element in NOT_MESSAGES.items():
        if name in samples:
            with pytest.raises(Iso20022Error) as refused:
                read_message(samples[name])
            assert refused.value.data["element"] == element
    for name, data in samples.items():
        if "/invalid_" in name and name.endswith(".xml"):
            with pytest.raises(MessageUnknown) as unknown:
                read_message(data)
            assert unknown.value.element in str(unknown.value), name


def test_accounts_are_read_as_genkgo_reads_them(samples):
    compared = 0
    for name, data in samples.items():
        expected = samples.get(name.removesuffix(".xml") + ".json")
        if not name.startswith("genkgo-camt/") or not name.endswith(".xml") or not expected:
            continue
        message, told = read_message(data).body, json.loads(expected)
        assert isinstance(message, AccountMessage)
        report, found = message.reports[0], _first_report(told)
        assert [_balance(each) for each in report.balances] == _balances(found), name
        entries = [entry for each in message.reports for entry in each.entries]
        assert len(entries) == len(told["getEntries"]), name
        for entry, same in zip(entries, told["getEntries"], strict=True):
            if isinstance(same, dict):
                _compare_entry(name, entry, same)
        compared += 1
    assert compared >= 20


def _first_report(told: dict[str, Any]) -> dict[str, Any]:
    record = next((entry["getRecord"] for entry in told["getEntries"]), None)
    return record if isinstance(record, dict) else told["getRecords"][0]


def _balances(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (
            each["getType"],
            each["getAmount"]["getAmount"],
            each["getAmount"]["getCurrency"]["getCode"],
            each["getDate"]["0"],
        )
        for each in found.get("getBalances", ())
    ]


def _balance(balance) -> tuple[str, str, str, str]:
    return (BALANCES[balance.kind], _minor(balance.amount, balance.currency), balance.currency, _at(balance.at))


def _compare_entry(name: str, entry: Entry, same: dict[str, Any]) -> None:
    assert _minor(entry.amount, entry.currency) == same["getAmount"]["getAmount"], name
    assert entry.currency == same["getAmount"]["getCurrency"]["getCode"], name
    assert ("CRDT" if entry.credit else "DBIT") == same["getCreditDebitIndicator"], name
    assert entry.position == same["getIndex"], name
    assert entry.reversal == same["getReversalIndicator"], name
    assert entry.status == (same["getStatus"] or ""), name
    assert entry.reference == (same["getReference"] or ""), name
    assert entry.servicer_reference == (same["getAccountServicerReference"] or ""), name
    assert not same["getBatchPaymentId"] or entry.batch_payment_id == same["getBatchPaymentId"], name
    assert entry.additional == (same["getAdditionalInfo"] or ""), name
    assert _at(entry.booked_at) == ((same["getBookingDate"] or {}).get("0") or ""), name
    assert _at(entry.valued_at) == ((same["getValueDate"] or {}).get("0") or ""), name
    code = same["getBankTransactionCode"]
    domain, own = code["getDomain"], code["getProprietary"]
    assert entry.code.domain == (domain["getCode"] if domain else ""), name
    assert entry.code.sub_family == (domain["getFamily"]["getSubFamilyCode"] if domain else ""), name
    assert entry.code.proprietary == (own["getCode"] if own else ""), name
    details = list(same["getTransactionDetails"])
    assert len(entry.details) == len(details), name
    first = same["getTransactionDetail"]
    for detail, told in zip(entry.details, [first, *details[1:]] if first else [], strict=True):
        if isinstance(told, dict):
            _compare_detail(name, detail, told)


def _compare_detail(name: str, detail: TransactionDetail, told: dict[str, Any]) -> None:
    references = told["getReference"]
    for theirs, ours in REFERENCES.items() if references else ():
        assert getattr(detail.references, ours) == (references[theirs] or ""), (name, ours)
    if references:
        own = [(each["getType"], each["getReference"]) for each in references["getProprietaries"]]
        assert list(detail.references.proprietary) == own, name
    remittance = told["getRemittanceInformation"]
    if remittance and isinstance(block := remittance["getUnstructuredBlock"], dict):
        assert detail.remittance[0] == block["getMessage"], name
    structured = remittance and remittance["getStructuredBlock"]
    if isinstance(structured, dict) and isinstance(structured["getCreditorReferenceInformation"], dict):
        assert detail.creditor_references[0] == structured["getCreditorReferenceInformation"]["getRef"], name


def _minor(amount: Decimal, currency: str) -> str:
    """As genkgo counts: in the currency's minor unit, rounded as moneyphp does."""
    places = {"JPY": 0}.get(currency, 2)
    return str(int(amount.scaleb(places).to_integral_value("ROUND_HALF_UP")))


def _at(at: dt.datetime | None) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00") if at else ""
