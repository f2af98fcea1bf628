"""The ASGI application: every operation that the modules here declare, on one Litestar router.

Each path is served by a low-level ASGI application, because on the busiest operation Litestar's request objects,
dependency injection and response classes cost more than all of our own work (decision 0025).
"""

from __future__ import annotations

from typing import Any, Final

from litestar import HttpMethod, Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp

from guanxi.gateway import channels, health, problems, reference
from guanxi.gateway.banking import banking_operations
from guanxi.gateway.customer_channel import CustomerChannel
from guanxi.gateway.customers.operations import customer_operations
from guanxi.gateway.endpoints import endpoint
from guanxi.gateway.errors import InvalidRequest, MethodNotAllowed, PathUnknown, RequestRefused
from guanxi.gateway.operations import NO_SESSION, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.signing import signing_operations
from guanxi.kernel.vocabulary import Channel
from guanxi.storage.wiring import modules_of


def all_operations() -> list[Operation]:
    """Every HTTP operation: sign-in, the services on the customers' channels, callbacks, health, this reference."""
    customer_channels: dict[Channel, CustomerChannel] = {}
    of_channels: list[Operation] = []
    for module in modules_of(channels):
        if found := getattr(module, "CUSTOMER_CHANNEL", None):
            customer_channels[found.channel] = found
        of_channels += getattr(module, "OPERATIONS", ())
    customers = [*signing_operations(customer_channels), *banking_operations(customer_channels)]
    served = [*customers, *of_channels, *customer_operations(), *health.OPERATIONS]
    return [*served, *reference.reference_operations(served)]


def make_app(gateway: Gateway) -> Litestar:
    """The application over `gateway`, which outlives it."""

    def refuse(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        """Litestar itself refuses only what it has no route for, and a Host header that is none."""
        refusal = _ROUTING.get(error.status_code, InvalidRequest)(error.detail, next_step=_SEE)
        gateway.metrics.refused(NO_SESSION, refusal.code)
        answer = problems.refused(refusal)
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(answer.body, status_code=answer.status, headers=headers | (error.headers or {}))

    by_path: dict[str, list[Operation]] = {}
    for operation in all_operations():
        by_path.setdefault(operation.path, []).append(operation)
    return Litestar(
        route_handlers=[_handler(path, endpoint(gateway, operations)) for path, operations in by_path.items()],
        exception_handlers={HTTPException: refuse},
        openapi_config=None,
        logging_config=None,
    )


def _handler(path: str, serve: ASGIApp) -> BaseRouteHandler:
    """`serve` at `path`, for every method. Litestar's own ASGI handlers take no parameters in their path."""
    if "{" in path:

        async def hand_over() -> ASGIApp:
            return serve

        return HTTPRouteHandler(path.replace("}", ":str}"), http_method=list(HttpMethod), status_code=200)(hand_over)
    return ASGIRouteHandler(path, copy_scope=False)(serve)


_SEE: Final = "See /openapi.json for what is served."
_ROUTING: Final[dict[int, type[RequestRefused]]] = {404: PathUnknown, 405: MethodNotAllowed}
