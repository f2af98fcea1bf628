"""The page, and what its machines ask for."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may, require
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, read_balances
from guanxi.kernel.iso8583.message import Message
from guanxi.kernel.iso8583.statement import read_statement
from guanxi.lab import terminal
from guanxi.lab.errors import LabError, NotSignedIn, TerminalOffline
from guanxi.lab.terminal import yuan
from guanxi.lab.wallet import STAR, Wallet
from guanxi.lab.wire import Said, masked_number
from guanxi.office.interactions.views import read_filter, timeline_context
from guanxi.office.lab.desk import DESK, demo_files
from guanxi.office.lab.words import SCREEN_WORDS, told
from guanxi.office.staff import staff_of
from guanxi.parties.access import party_for

_CODES: Final = {
    "withdraw": terminal.WITHDRAWAL,
    "purchase": terminal.PURCHASE,
    "balance": terminal.BALANCE,
    "statement": terminal.MINI_STATEMENT,
}
_Shape = TypeVar("_Shape", bound=msgspec.Struct)
_FOUND: Final = 8
_TRIES: Final = 4


class MachineRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a customer does at a machine."""

    terminal: str
    customer: str
    card: Annotated[int, msgspec.Meta(ge=0, le=20)]
    service: Literal["withdraw", "purchase", "balance", "statement"]
    pin: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4,6})?\Z")] = ""
    amount: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,9}(\.[0-9]{1,2})?)?\Z")] = ""


class OnlineRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a customer's telephone or browser asks the gateway for; a password signs in first."""

    channel: Literal["internet", "mobile"]
    customer: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: Annotated[str, msgspec.Meta(pattern=r"^/v1/[A-Za-z0-9/_-]{1,120}\Z")]
    body: dict[str, str] | None = None
    key: Annotated[str, msgspec.Meta(max_length=40)] = ""
    password: Annotated[str, msgspec.Meta(max_length=128)] = ""


@require_GET
def lab(request: HttpRequest) -> HttpResponse:
    """The page, for one customer."""
    staff = staff_of(request)
    require(staff, Action.PLAY_CUSTOMER)
    files = demo_files()
    if not files.exist:
        raise Http404
    wallets = files.wallets_of(request.GET.get("customer", STAR)) or files.wallets_of(STAR) or files.wallets(1)
    context: dict[str, Any] = {
        "wallets": wallets,
        "player": wallets[0],
        "machines": files.machines(),
        "scene": _scene(wallets),
        "may_view": may(staff, Action.VIEW_CUSTOMER),
    }
    if context["may_view"]:
        party = party_for(staff, uuid.UUID(wallets[0].party_id))
        context |= {"party": party, **timeline_context(party.id, read_filter(request))}
    return render(request, "lab/lab.html", context)


@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """Whom one may play, while typing."""
    require(staff_of(request), Action.PLAY_CUSTOMER)
    text = request.GET.get("q", "").strip()
    return render(request, "lab/customers.html", {"found": demo_files().search(text, _FOUND) if text else []})


@require_POST
async def machine(request: HttpRequest) -> JsonResponse:
    """Ask the bank through an ATM or a shop's terminal, over ISO 8583."""
    await _player(request)
    wanted = _read(request, MachineRequest)
    wallet = await _wallet(wanted.customer, wanted.card)
    found = [each for each in demo_files().machines() if each.terminal_id == wanted.terminal]
    if not found:
        raise Http404
    said: list[Said] = []
    began = time.monotonic()
    asked = await DESK.terminal(found[0])
    money = yuan(wanted.amount) if wanted.amount else None
    message = asked.card_message(wallet, _CODES[wanted.service], pin=wanted.pin or None, money=money)
    try:
        answer = await asked.ask(message, said.append)
    except TerminalOffline as error:
        return _failed(error, said)
    fields = answer.message.fields if answer.message else {}
    milliseconds = round((time.monotonic() - began) * 1000)
    shown = {"code": answer.code, "told": told(answer.code), "approved": answer.approved, "milliseconds": milliseconds}
    references = {"reference": fields.get(37, "").strip(), "authorisation": fields.get(38, "").strip()}
    return JsonResponse({**shown, **references, **_amounts(answer.message), "said": _wire(said)})


@require_POST
async def online(request: HttpRequest) -> JsonResponse:
    """Ask the bank as a telephone or a browser does, over HTTP."""
    player = await _player(request)
    wanted = _read(request, OnlineRequest)
    wallet = await _wallet(wanted.customer, 0)
    said: list[Said] = []
    session = DESK.session(player, wanted.channel, wallet.login)
    if wanted.password:
        session = DESK.sign_in(player, msgspec.structs.replace(wallet, password=wanted.password), wanted.channel)
    if session is None:
        session = DESK.sign_in(player, wallet, wanted.channel)
    try:
        if wanted.method == "DELETE":
            await session.sign_out(said.append)
            return JsonResponse({"status": 204, "body": {}, "said": _wire(said)})
        answer = await session.ask(
            wanted.method, wanted.path, wanted.body, key=wanted.key, observe=said.append, tries=_TRIES
        )
    except NotSignedIn as error:
        return _failed(error, said)
    return JsonResponse({"status": answer.status, "body": answer.body, "said": _wire(said)})


async def _player(request: HttpRequest) -> str:
    staff = await request.auser()
    if not isinstance(staff, StaffMember):
        raise Http404
    require(staff, Action.PLAY_CUSTOMER)
    if not demo_files().exist:
        raise Http404
    return str(staff.get_username())


async def _wallet(customer: str, card: int) -> Wallet:
    wallets = await sync_to_async(demo_files().wallets_of)(customer)
    if card >= len(wallets):
        raise Http404
    return wallets[card]


def _read(request: HttpRequest, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.DecodeError as error:
        raise InvalidValue(f"The machine has sent something else: {error}.", field="body") from None


def _failed(error: LabError, said: list[Said]) -> JsonResponse:
    return JsonResponse({"failed": str(error), "next_step": error.next_step, "said": _wire(said)}, status=503)


def _amounts(message: Message | None) -> dict[str, Any]:
    """Balances and entries of an answer, as decimal text."""
    fields = message.fields if message else {}
    names = {LEDGER: "ledger", AVAILABLE: "available"}
    balances = {names[each.kind]: f"{each.money.amount}" for each in read_balances(fields.get(54, ""))}
    entries = [{"day": f"{each.day}", "amount": f"{each.amount:+}"} for each in read_statement(fields.get(62, ""))]
    return {**balances, "entries": entries}


def _wire(said: list[Said]) -> list[dict[str, Any]]:
    return [
        {
            "sender": each.sender,
            "at": f"{each.at:%H:%M:%S.%f}"[:-3],
            "title": each.title,
            "lines": each.lines,
            "dump": each.dump,
        }
        for each in said
    ]


def _scene(wallets: list[Wallet]) -> dict[str, Any]:
    """What the browser's script needs to know."""
    first = wallets[0]
    cards = [
        {"kind": each.card_kind, "number": masked_number(each.pan), "expires": each.expires, "pin": each.pin}
        for each in wallets
    ]
    person = {"customer": first.party_number, "name": first.name, "login": first.login, "password": first.password}
    words = {name: str(word) for name, word in SCREEN_WORDS.items()}
    return {**person, "cards": cards, "account": first.account_number, "words": words}
