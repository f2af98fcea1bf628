"""Reasons and field 39."""

from __future__ import annotations

from guanxi.kernel.iso8583 import response_codes
from guanxi.kernel.vocabulary import Reason


def test_every_reason_has_a_code_and_none_is_an_approval() -> None:
    codes = {response_codes.code_of(reason) for reason in Reason}
    assert response_codes.APPROVED not in codes
    assert all(len(code) == 2 for code in codes)


def test_a_code_of_a_peer_always_means_something() -> None:
    assert response_codes.reason_of("00") is None
    assert response_codes.reason_of("51") is Reason.INSUFFICIENT_FUNDS
    assert response_codes.reason_of("55") is Reason.WRONG_PIN
    assert response_codes.reason_of("Z9") is Reason.REFUSED_BY_SYSTEM
