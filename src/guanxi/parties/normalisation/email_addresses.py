"""E-mail addresses in lower case (RFC 5321 leaves case to the host, but no host tells), and their mailboxes."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from guanxi.parties.normalisation.characters import folded, words
from guanxi.parties.normalisation.doubts import is_one_character, says_nothing

_SIMPLE: Final = re.compile(r"[a-z0-9_+%-]+(?:\.[a-z0-9_+%-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
_BRACKETED: Final = re.compile(r"<([^<>]+)>")
_LOCAL: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]+)")
_BETWEEN: Final = re.compile(r"[,;\s|、，；]+")
_NOBODY: Final = frozenset(
    words(
        "test testing tester no none nomail noemail no-email noreply no-reply na n/a null abc abcd aaa xxx xx x a "
        "email mail unknown nobody example sample fake dummy 123 1234 12345 123456 asdf qwerty"
    )
)
_NOWHERE: Final = frozenset(
    words(
        "test.com test.cn test.org example.test email.com mail.com none.com no.com nomail.com noemail.com a.com "
        "aa.com abc.com xx.com xxx.com 123.com localhost.com na.com null.com unknown.com"
    )
)
_SAME_BOX: Final = {"googlemail.com": "gmail.com"}
_PLUS_TAGS: Final = frozenset(
    words("gmail.com outlook.com hotmail.com live.com icloud.com me.com fastmail.com proton.me protonmail.com")
)


class Emails(NamedTuple):
    """The addresses, in order, each once, and the keys of the mailboxes they lead to."""

    addresses: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def read_emails(text: str) -> Emails:
    """All addresses in one field."""
    lower = text.lower()
    if _SIMPLE.fullmatch(lower):
        return _judged(lower)
    plain = folded(lower).removeprefix("mailto:")
    if not plain:
        return Emails()
    if says_nothing(plain):
        return Emails(doubts=("a placeholder",))
    parts = _BRACKETED.findall(plain) or _BETWEEN.split(plain)
    found = [_one(part.strip(".'\"")) for part in parts if part]
    return Emails(
        tuple(dict.fromkeys(address for each in found for address in each.addresses)),
        tuple(dict.fromkeys(key for each in found for key in each.keys)),
        tuple(doubt for each in found for doubt in each.doubts),
    )


def mailbox_key(address: str) -> str:
    """The mailbox behind an address: tags after a plus sign are dropped where hosts do so, dots at Gmail."""
    local, _, domain = address.rpartition("@")
    domain = _SAME_BOX.get(domain, domain)
    if domain in _PLUS_TAGS:
        local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def _one(text: str) -> Emails:
    local, sign, domain = text.rpartition("@")
    domain = _ascii(domain.rstrip("."))
    if not sign or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return Emails(doubts=("not an e-mail address",))
    return _judged(f"{local}@{domain}")


def _ascii(domain: str) -> str:
    """A domain as the net has it (IDNA); one that cannot be is given back as nothing."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _judged(address: str) -> Emails:
    local, _, domain = address.rpartition("@")
    if domain in _NOWHERE or local in _NOBODY or is_one_character(local):
        return Emails(doubts=("a placeholder",))
    return Emails((address,), (mailbox_key(address),))
