"""Internet banking: a browser, perhaps on a desk that others use, so a sign-in lasts half an hour."""

from __future__ import annotations

import datetime as dt
from typing import Final

from guanxi.gateway.customer_channel import CustomerChannel
from guanxi.kernel.vocabulary import Channel

CUSTOMER_CHANNEL: Final = CustomerChannel(Channel.INTERNET, signed_in_for=dt.timedelta(minutes=30))
