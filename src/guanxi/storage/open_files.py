"""How many connections one process may hold."""

from __future__ import annotations

import resource
from typing import Final

MOST: Final = 65_536


def allow_open_files() -> int:
    """Raise this process's limit of open files, which connections are, as far as the system lets it; the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return soft
