"""The office as granian serves it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import django
from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler

# Django gives each request a thread of its own until its answer is complete, which a stream's never is.
_STREAMS: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="streams")
_STREAM: Final = "/timeline/live"


class Office(ASGIHandler):
    """Django, with thousands of open streams on a few threads."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - Django's signature
        """Serve one request."""
        if scope["type"] == "http" and scope["path"].endswith(_STREAM):
            async with ThreadSensitiveContext(executor=_STREAMS):
                await self.handle(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


django.setup(set_prefix=False)
application = Office()
