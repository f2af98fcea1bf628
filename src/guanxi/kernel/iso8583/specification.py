"""The fields of our own dialect, and the keys that are part of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from guanxi.kernel.iso8583.packager import packager
from guanxi.kernel.iso8583.wire import Field

MAC_PRIMARY: Final = 64
MAC_SECONDARY: Final = 128
KEY_SIZE: Final = 16  # octets of a double-length TDES key
# What a bank and its sandbox share unless `GUANXI_CARD_HOST_KEY` gives another: good for a demonstration only.
DEMO_INTERCHANGE_KEY: Final = hashlib.sha256(b"guanxi demo interchange").digest()[:KEY_SIZE]
FIELDS: Final[Mapping[int, Field]] = packager("guanxi").fields
