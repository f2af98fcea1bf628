"""What templates may say besides Django's own words: bundles, money, names of things in the reader's language."""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from pathlib import Path

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may
from guanxi.kernel.money import CURRENCIES
from guanxi.office.shell.words import word

register = template.Library()
_MANIFEST = Path(__file__).parents[2] / "static" / "bundle" / "manifest.json"
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "CZK": "Kč "}


@functools.cache
def _manifest() -> dict[str, str]:
    names: dict[str, str] = json.loads(_MANIFEST.read_text())
    return names


@register.simple_tag
def bundle(name: str) -> str:
    """The address of a built asset, with its fingerprint."""
    return static(f"bundle/{_manifest()[name]}")


@register.filter
def money(amount: Decimal | None, currency: str | None) -> str:
    """An amount as people write it: ¥1,234.50."""
    if amount is None or not currency:
        return ""
    places = CURRENCIES.get(currency, ("", 2))[1]
    sign = "−" if amount < 0 else ""
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{abs(amount):,.{places}f}"


@register.filter
def signed_money(amount: Decimal | None, currency: str | None) -> SafeString | str:
    """An amount with its direction: green and + when it came in, − when it left."""
    if amount is None:
        return ""
    shown = money(amount, currency)
    return format_html(
        '<span class="gx-amount {}">{}{}</span>', "in" if amount > 0 else "out", "+" if amount > 0 else "", shown
    )


@register.filter
def named(value: str) -> str:
    """A code word of ours (a channel, a service, an outcome) in the reader's language."""
    return word(value)


@register.filter
def remarks(detail: dict[str, str]) -> str:
    """What tells one entry of the timeline from its like, to stand after the channel: " · 7-Eleven · lunch"."""
    reason = [word(detail["reason"])] if detail.get("reason") else []
    said = [detail.get("merchant"), detail.get("memo"), *reason, detail.get("subject")]
    return "".join(f" · {remark}" for remark in said if remark)


@register.filter
def occupation(value: str) -> str:
    """What somebody does for a living, or a company's industry."""
    return word(f"occupation:{value}", value)


@register.filter
def initials(name: str) -> str:
    """Two letters of a Latin name, or the surname's character of a Chinese one."""
    words = name.split()
    if not words:
        return "?"
    if not words[0][0].isascii() and len(words) == 1:
        return words[0][:1]
    return "".join(part[0] for part in words[:2]).upper()


@register.filter
def item(mapping: dict[str, object], key: str) -> object:
    """`mapping[key]`, or nothing."""
    return mapping.get(key, "")


@register.filter
def may_see_journal(staff: object) -> bool:
    """Whether this member of staff may follow requests through the exchange."""
    return isinstance(staff, StaffMember) and may(staff, Action.VIEW_JOURNAL)


@register.filter
def duration(milliseconds: float) -> str:
    """A time as people say it: 4 ms, 1.2 s, 3 min."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 120_000 else f"{milliseconds / 60_000:.0f} min"


@register.filter
def percent(share: float) -> str:
    """A share as people say it: 0 %, 0.4 %, 12 %."""
    return f"{share:.0%}" if share == 0 or share >= 0.1 else f"{share:.1%}"


@register.filter
def subtract(amount: Decimal, other: Decimal) -> Decimal:
    """`amount` less `other`."""
    return amount - other
