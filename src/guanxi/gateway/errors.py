"""What the machine doors refuse before any service is asked.

GatewayError
├── AddressTaken           another process listens on the port this one is to serve
├── MessageRefused         an ISO 8583 message that no service is asked for; carries its response code
└── RequestRefused         an HTTP request that goes no further; carries its status and title
    ├── MalformedJson          400  the body is not JSON, or not UTF-8
    ├── InvalidRequest         400  fields or headers break their rules; names each of them
    ├── NotSignedIn            401  no session token, or one that is not valid any more
    ├── KeyRefused             401  no machine client's key, or one that does not hold any more
    ├── SignatureInvalid       401  the signature is not the one of this body under the shared key
    ├── PaymentFileUnknown     404  no payment file of this customer has that id
    ├── ScopeMissing           403  the machine client was not given this scope, or this source
    ├── PathUnknown            404  nothing is served there
    ├── RefusedForReason            a business reason that shows before the exchange is asked
    ├── MethodNotAllowed       405  something is, but not with this method
    ├── RequestTimeout         408  the body did not arrive in time
    ├── BodyTooLarge           413  the body is beyond what any operation takes
    ├── MediaTypeUnsupported   415  the body is not said to be JSON
    ├── VersionChanged         412  it is not any more as the caller has seen it
    ├── CustomerInvalid        422  fields of a customer or a record that cannot be so; names each of them
    ├── VersionRequired        428  a change must say which version it changes
    ├── TooManyRequests        429  more requests than this machine client may make
    ├── TooManyFailures        429  too many failed sign-ins from this address
    └── NotReady               503  starting, or stopping
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from guanxi.kernel.errors import GuanxiError
from guanxi.kernel.vocabulary import Reason


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with one field or header."""

    field: str
    message: str


class GatewayError(GuanxiError):
    """The family of gateway errors."""

    code = "gateway.error"


class AddressTaken(GatewayError):
    """Another process listens on the port this one is to serve."""

    code = "gateway.address_taken"


class MessageRefused(GatewayError):
    """An ISO 8583 message that is answered without asking a service. `kind` is what the metrics call the fault."""

    code = "gateway.message_refused"

    def __init__(self, kind: str, response_code: str) -> None:
        super().__init__(f"The message is refused: {kind.replace('_', ' ')}.", response_code=response_code)
        self.kind = kind
        self.response_code = response_code


class RequestRefused(GatewayError):
    """An HTTP request that goes no further."""

    code = "request_refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"

    def __init__(
        self,
        sentence: str,
        *,
        next_step: str = "",
        errors: Sequence[FieldError] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(sentence, next_step=next_step)
        self.errors = errors
        self.headers = headers


class MalformedJson(RequestRefused):
    """The body is not JSON, or not UTF-8."""

    code = "malformed_json"
    title = "The body is not JSON"


class InvalidRequest(RequestRefused):
    """Fields or headers break their rules."""

    code = "invalid_request"
    title = "The request breaks a rule"


class NotSignedIn(RequestRefused):
    """No session token, or one that is not valid any more."""

    code = "not_signed_in"
    status = 401
    title = "Not signed in"


class KeyRefused(RequestRefused):
    """No machine client's key, or one that does not hold any more."""

    code = "key_refused"
    status = 401
    title = "The key is not valid"


class ScopeMissing(RequestRefused):
    """The machine client was not given this scope, or this source."""

    code = "scope_missing"
    status = 403
    title = "Not among what this client may do"


class VersionChanged(RequestRefused):
    """It is not any more as the caller has seen it."""

    code = "version_changed"
    status = 412
    title = "Changed meanwhile"


class CustomerInvalid(RequestRefused):
    """Fields of a customer or a record that cannot be so; names each of them."""

    code = "customer_invalid"
    status = 422
    title = "Some fields cannot be so"


class VersionRequired(RequestRefused):
    """A change must say which version it changes."""

    code = "version_required"
    status = 428
    title = "Say which version is to be changed"


class TooManyRequests(RequestRefused):
    """More requests than this machine client may make."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"
    permanent = False


class SignatureInvalid(RequestRefused):
    """The signature is not the one of this body under the shared key."""

    code = "message_unauthentic"
    status = 401
    title = "The signature is wrong"


class PaymentFileUnknown(RequestRefused):
    """No payment file of this customer has that id."""

    code = "payment_file_unknown"
    status = 404
    title = "Payment file unknown"


class PathUnknown(RequestRefused):
    """Nothing is served there."""

    code = "path_unknown"
    status = 404
    title = "Nothing is served here"


class RefusedForReason(RequestRefused):
    """A business reason that shows before the exchange is asked: a path that can name nothing, a channel without it."""

    code = "refused_for_reason"

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"Refused: {reason.value}.")
        self.reason = reason


class MethodNotAllowed(RequestRefused):
    """Something is served there, but not with this method."""

    code = "method_not_allowed"
    status = 405
    title = "Not with this method"


class RequestTimeout(RequestRefused):
    """The body did not arrive in time."""

    code = "request_timeout"
    status = 408
    title = "The request took too long to arrive"
    permanent = False


class BodyTooLarge(RequestRefused):
    """The body is beyond what any operation takes."""

    code = "body_too_large"
    status = 413
    title = "The body is too large"


class MediaTypeUnsupported(RequestRefused):
    """The body is not said to be JSON."""

    code = "media_type_unsupported"
    status = 415
    title = "Only JSON is understood"


class TooManyFailures(RequestRefused):
    """Too many failed sign-ins from this address."""

    code = "too_many_failures"
    status = 429
    title = "Too many failed sign-ins"
    permanent = False


class NotReady(RequestRefused):
    """Starting, or stopping."""

    code = "not_ready"
    status = 503
    title = "The gateway is not ready"
    permanent = False
