"""What a machine client may be allowed to do."""

from __future__ import annotations

from typing import Final

READ: Final = "customers:read"
WRITE: Final = "customers:write"
MERGE: Final = "customers:merge"
SCOPES: Final = (READ, WRITE, MERGE)
