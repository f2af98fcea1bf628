"""Mobile banking: the customer's own telephone, locked by its owner, so a sign-in lasts a working day."""

from __future__ import annotations

import datetime as dt
from typing import Final

from guanxi.gateway.customer_channel import CustomerChannel
from guanxi.kernel.vocabulary import Channel

CUSTOMER_CHANNEL: Final = CustomerChannel(Channel.MOBILE, signed_in_for=dt.timedelta(hours=12))
