"""What a channel is on which customers sign in for themselves and speak HTTP."""

from __future__ import annotations

import dataclasses
import datetime as dt

from guanxi.kernel.vocabulary import Channel


@dataclasses.dataclass(frozen=True, slots=True)
class CustomerChannel:
    """The channel's name and for how long a sign-in on it lasts. Which services it offers, the services say."""

    channel: Channel
    signed_in_for: dt.timedelta
