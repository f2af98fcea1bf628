// An ATM. What it shows is a screen {title, lines, options}; options lie beside the side keys, left ones first.
import { atMachine, element, say, scene, yuan } from "./talk.js";

const QUICK = [100, 200, 500, 1000, 2000];
const RED_CODES = ["62", "75"];

export function startAtm(panel) {
  const at = (name) => panel.querySelector(`[data-${name}]`);
  const machine = { card: null, pin: "", entry: "", options: [], onEnter: null, onDigits: null, busy: false };

  function draw({ title, lines = [], big = "", options = [], tone = "" }) {
    const screen = at("screen");
    screen.replaceChildren(element("h3", "", title));
    screen.dataset.tone = tone;
    if (big) screen.append(element("p", "atm-big", big));
    for (const line of lines) screen.append(element("p", "", line));
    machine.options = Array(8).fill(null);
    const left = element("ul", "atm-options atm-options-left");
    const right = element("ul", "atm-options atm-options-right");
    options.forEach((option, number) => {
      const place = option.place ?? number;
      machine.options[place] = option.act;
      const label = element("li", "", option.label);
      label.style.gridRow = (place % 4) + 1;
      (place < 4 ? left : right).append(label);
    });
    if (options.length) screen.append(left, right);
    panel.querySelectorAll("[data-side-key]").forEach((key) => { key.disabled = !machine.options[key.dataset.sideKey]; });
  }

  function idle() {
    Object.assign(machine, { card: null, pin: "", entry: "", onEnter: null, onDigits: null, busy: false });
    at("card-slot").classList.remove("filled");
    panel.querySelectorAll("[data-card]").forEach((card) => { card.disabled = false; card.classList.remove("inside"); });
    draw({ title: say("welcome"), big: "关系 Guanxi", lines: [say("insert_card")] });
  }

  function insert(number) {
    if (machine.card !== null) return;
    clearMoney();
    machine.card = number;
    at("card-slot").classList.add("filled");
    panel.querySelector(`[data-card="${number}"]`).classList.add("inside");
    panel.querySelectorAll("[data-card]").forEach((card) => { card.disabled = true; });
    panel.focus({ preventScroll: true });
    askPin(menu);
  }

  function askPin(next, message = "") {
    const redraw = () => draw({ title: say("enter_pin"), big: "●".repeat(machine.entry.length) || "○○○○", lines: [message, say("then_enter")], tone: message ? "bad" : "" });
    read(4, redraw, () => {
      machine.pin = machine.entry;
      next();
    }, 4);
  }

  // Digits into the entry until Enter; fewer than `least` are not taken.
  function read(most, redraw, done, least = 1) {
    machine.entry = "";
    machine.onDigits = (digits) => {
      machine.entry = (machine.entry + digits).slice(0, most);
      redraw();
    };
    machine.onClear = () => { machine.entry = ""; redraw(); };
    machine.onEnter = () => {
      if (machine.entry.length < least) return;
      machine.onDigits = machine.onEnter = null;
      done();
    };
    redraw();
  }

  function menu(title = say("what_would_you_like")) {
    machine.onDigits = machine.onEnter = null;
    draw({
      title,
      options: [
        { label: say("withdraw"), act: amounts },
        { label: say("balance"), act: () => request("balance", "", showBalance) },
        { label: say("statement"), act: () => request("statement", "", showStatement) },
        { label: say("eject"), act: eject, place: 7 },
      ],
    });
  }

  function amounts() {
    draw({
      title: say("how_much"),
      options: [
        ...QUICK.map((amount) => ({ label: yuan(amount).replace(".00", ""), act: () => withdraw(amount) })),
        { label: say("other_amount"), act: otherAmount, place: 6 },
        { label: say("back"), act: () => menu(), place: 7 },
      ],
    });
  }

  function otherAmount(tone = "") {
    const redraw = () => draw({ title: say("how_much"), big: yuan(machine.entry || 0).replace(".00", ""), lines: [say("hundreds"), say("then_enter")], tone });
    read(6, redraw, () => (Number(machine.entry) % 100 || !Number(machine.entry) ? otherAmount("bad") : withdraw(Number(machine.entry))));
  }

  const withdraw = (amount) => request("withdraw", String(amount), (answer) => payOut(amount, answer));

  async function request(service, amount, done) {
    machine.busy = true;
    draw({ title: say("please_wait"), big: "···", tone: "busy" });
    const answer = await atMachine({ terminal: at("terminal").value, card: machine.card, service, pin: machine.pin, amount });
    machine.busy = false;
    if (answer.approved) done(answer);
    else refused(answer, () => request(service, amount, done));
  }

  function refused(answer, again) {
    const sentence = answer.failed ?? answer.told;
    if (answer.code === "55") return askPin(again, sentence);
    if (RED_CODES.includes(answer.code)) return retain(sentence);
    draw({ title: sentence, tone: "bad", options: [{ label: say("anything_else"), act: () => menu(), place: 3 }, { label: say("eject"), act: eject, place: 7 }] });
  }

  function retain(sentence) {
    const card = panel.querySelector(`[data-card="${machine.card}"]`);
    draw({ title: say("card_retained"), lines: [sentence], tone: "bad" });
    setTimeout(() => { idle(); card.classList.add("retained"); card.disabled = true; }, 4000);
  }

  function payOut(amount, answer) {
    const notes = at("notes");
    notes.replaceChildren(...Array.from({ length: Math.min(amount / 100, 8) }, () => element("i", "", "100")));
    at("drawer").classList.add("open");
    at("drawer").disabled = false;
    printReceipt([[say("withdrawal"), yuan(amount)], [say("available"), yuan(answer.available ?? answer.ledger)], [say("reference"), answer.reference]]);
    draw({ title: say("take_cash"), big: yuan(amount), lines: [`${say("available")} ${yuan(answer.available ?? answer.ledger)}`], tone: "good",
      options: [{ label: say("anything_else"), act: () => { clearMoney(); menu(); }, place: 3 }, { label: say("eject"), act: eject, place: 7 }] });
  }

  function showBalance(answer) {
    draw({ title: say("available"), big: yuan(answer.available ?? answer.ledger), lines: [`${say("ledger")} ${yuan(answer.ledger)}`], tone: "good",
      options: [{ label: say("anything_else"), act: () => menu(), place: 3 }, { label: say("eject"), act: eject, place: 7 }] });
  }

  function showStatement(answer) {
    draw({ title: say("statement"), lines: answer.entries.length ? [] : [say("no_entries")],
      options: [{ label: say("anything_else"), act: () => menu(), place: 3 }, { label: say("eject"), act: eject, place: 7 }] });
    const table = element("table", "atm-entries");
    for (const entry of answer.entries.slice(0, 6)) {
      const row = table.insertRow();
      row.insertCell().textContent = entry.day;
      row.insertCell().textContent = yuan(entry.amount);
    }
    at("screen").querySelector("h3").after(table);
  }

  function printReceipt(rows) {
    const paper = element("div", "receipt");
    paper.append(element("b", "", "Guanxi 关系"), element("small", "", `${at("terminal").value} · ${scene().cards[machine.card].number}`));
    for (const [name, value] of rows) {
      const row = element("p");
      row.append(element("span", "", name), element("span", "", value));
      paper.append(row);
    }
    at("receipt-slot").querySelector(".receipt")?.remove();
    at("receipt-slot").append(paper);
  }

  function clearMoney() {
    at("drawer").classList.remove("open");
    at("drawer").disabled = true;
    at("receipt-slot").querySelector(".receipt")?.remove();
  }

  function eject() {
    draw({ title: say("take_card"), big: "👋" });
    machine.onDigits = machine.onEnter = null;
    setTimeout(idle, 900);
  }

  function press(key) {
    if (machine.busy) return;
    if (key === "cancel") return machine.card === null ? undefined : eject();
    if (key === "clear") return machine.onDigits && machine.onClear();
    if (key === "enter") return machine.onEnter?.();
    if (/^[0-9]+$/.test(key)) machine.onDigits?.(key);
  }

  panel.addEventListener("click", (event) => {
    const key = event.target.closest("[data-side-key]");
    if (key && !machine.busy) machine.options[key.dataset.sideKey]?.();
  });
  at("drawer").addEventListener("click", clearMoney);
  idle();
  return { insert, press };
}
