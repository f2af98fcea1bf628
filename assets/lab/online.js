// The bank in a telephone and in a browser: the same services, drawn in the frame they stand in.
import { element, online, say, scene, yuan } from "./talk.js";

const BILLERS = ["electricity", "water", "gas", "telecom", "property"];

export function startOnline(place) {
  const channel = place.dataset.online;
  const newKey = () => crypto.randomUUID?.() ?? String(Date.now()) + Math.random().toString(16).slice(2, 10);
  const call = (method, path, body, more = {}) => online({ channel, method, path, body, key: newKey(), ...more });
  const problem = (answer) => answer.failed ?? (answer.status >= 400 || !answer.status ? [answer.body.detail, answer.body.next_step].filter(Boolean).join(" ") || say("unreachable") : "");

  function draw(...parts) {
    const bar = element("div", "online-bar");
    bar.append(element("b", "", "Guanxi 关系"));
    place.replaceChildren(bar, ...parts);
    return bar;
  }

  function field(name, label, attributes = {}, options = null) {
    const box = element("label", "online-field");
    const input = element(options ? "select" : "input", options ? "form-select" : "form-control");
    Object.assign(input, { name, required: true, ...attributes });
    for (const [value, text] of options ?? []) input.append(new Option(text, value));
    if (attributes.value) input.value = attributes.value;
    box.append(element("span", "", label), input);
    return box;
  }

  function form(title, fields, submit, cancel) {
    const made = element("form", "online-form");
    const note = element("p", "online-note");
    note.setAttribute("role", "alert");
    const send = element("button", "btn btn-primary", say(cancel ? "send" : "sign_in"));
    made.append(element("h3", "", title), ...fields, note, send);
    if (cancel) {
      const back = element("button", "btn", say("cancel"));
      back.type = "button";
      back.addEventListener("click", cancel);
      made.append(back);
    }
    made.addEventListener("submit", async (event) => {
      event.preventDefault();
      send.disabled = true;
      note.textContent = say("please_wait");
      note.textContent = (await submit(Object.fromEntries(new FormData(made)))) ?? "";
      send.disabled = false;
    });
    return made;
  }

  function signIn() {
    const { login, password } = scene();
    if (!login) return draw(element("p", "online-note", say("no_login")));
    draw(form(say("sign_in"), [
      field("login", say("login"), { value: login, readOnly: true, autocomplete: "off" }),
      field("password", say("password"), { value: password, type: "password", autocomplete: "off" }),
    ], async (typed) => {
      const answer = await call("GET", "/v1/accounts", null, { password: typed.password });
      return problem(answer) || home(answer);
    }));
  }

  async function home(given) {
    const answer = given ?? (await call("GET", "/v1/accounts"));
    if (problem(answer)) return signIn();
    const { accounts, cards } = answer.body.result;
    const usable = accounts.filter((account) => account.status === "open");
    const list = element("div", "online-accounts");
    for (const account of accounts) list.append(accountTile(account));
    const acts = element("div", "online-acts");
    const offers = [["transfer", () => transfer(usable)], ["pay_bill", () => payBill(usable)], ["complain", complain]];
    for (const [name, act] of offers) {
      const button = element("button", "btn", say(name));
      button.addEventListener("click", act);
      acts.append(button);
    }
    const plastic = element("div", "online-cards");
    for (const card of cards) plastic.append(cardRow(card));
    const bar = draw(element("p", "online-hello", say("good_day") + scene().name), list, acts, element("h3", "", say("cards")), plastic);
    const out = element("button", "btn btn-sm", say("sign_out"));
    out.addEventListener("click", async () => { await call("DELETE", "/v1/sessions/current"); signIn(); });
    bar.append(out);
  }

  function accountTile(account) {
    const tile = element("button", "online-account");
    tile.append(element("span", "", account.number), element("b", "", `${account.currency === "CNY" ? yuan(account.available_balance) : `${account.currency} ${account.available_balance}`}`), element("small", "", say("statement")));
    tile.addEventListener("click", () => statement(account));
    return tile;
  }

  function cardRow(card) {
    const row = element("p", "online-card");
    row.append(element("span", "", `${say(card.kind)} ${card.number}`));
    if (card.status !== "active") row.append(element("span", "badge bg-red-lt", say("blocked")));
    else {
      const block = element("button", "btn btn-sm btn-outline-danger", say("block"));
      block.addEventListener("click", async () => {
        const answer = await call("POST", `/v1/cards/${card.id}/block`, { reason: "lost" });
        result(problem(answer) || say("blocked"), !problem(answer));
      });
      row.append(block);
    }
    return row;
  }

  async function statement(account) {
    const answer = await call("GET", `/v1/accounts/${account.number}/statement`);
    if (problem(answer)) return result(problem(answer), false);
    const table = element("table", "online-entries");
    for (const entry of answer.body.result.entries ?? []) {
      const row = table.insertRow();
      row.insertCell().textContent = (entry.value_date ?? entry.posted_at ?? "").slice(0, 10);
      row.insertCell().textContent = entry.memo ?? "";
      row.insertCell().textContent = yuan(entry.amount);
    }
    draw(element("h3", "", account.number), table.rows.length ? table : element("p", "online-note", say("no_entries")), backButton());
  }

  const money = (typed) => ({ amount: typed.amount, currency: "CNY" });
  const from = (accounts) => field("from_account", say("from_account"), {}, accounts.filter((each) => each.currency === "CNY").map((each) => [each.number, `${each.number} · ${yuan(each.available_balance)}`]));
  const amount = () => field("amount", say("amount"), { inputMode: "decimal", pattern: "[0-9]+([.][0-9]{1,2})?", placeholder: "100.00", autocomplete: "off" });

  const transfer = (accounts) => draw(form(say("transfer"), [from(accounts), field("to_account", say("to_account"), { autocomplete: "off" }), amount(), field("memo", say("memo"), { required: false, maxLength: 140, autocomplete: "off" })],
    (typed) => ended(call("POST", "/v1/transfers", { from_account: typed.from_account, to_account: typed.to_account.trim(), memo: typed.memo, ...money(typed) })), home0));

  const payBill = (accounts) => draw(form(say("pay_bill"), [from(accounts), field("biller", say("biller"), {}, BILLERS.map((each) => [each, say(each)])), field("bill_reference", say("bill_reference"), { value: "2026050001", autocomplete: "off" }), amount()],
    (typed) => ended(call("POST", "/v1/bill-payments", { from_account: typed.from_account, biller: typed.biller, bill_reference: typed.bill_reference, ...money(typed) })), home0));

  const complain = () => draw(form(say("complain"), [field("subject", say("subject"), { maxLength: 120 }), field("description", say("description"), { maxLength: 400 })],
    async (typed) => {
      const answer = await call("POST", "/v1/complaints", typed);
      return problem(answer) || result(say("case") + answer.body.result.case, true);
    }, home0));

  const home0 = () => home();

  async function ended(asked) {
    const answer = await asked;
    if (problem(answer)) return problem(answer);
    const outcome = answer.body.outcome;
    result(outcome === "completed" ? say("done") : say(outcome), true);
    return "";
  }

  function result(sentence, good) {
    draw(element("p", `online-result ${good ? "good" : "bad"}`, `${good ? "✓" : "✗"} ${sentence}`), backButton());
  }

  function backButton() {
    const back = element("button", "btn btn-primary", say("back"));
    back.addEventListener("click", home0);
    return back;
  }

  signIn();
}
