// A shop's terminal: the amount first, then the card, then the PIN (a credit card may sign), then the slip.
import { atMachine, element, say, scene, yuan } from "./talk.js";

export function startPos(panel) {
  const at = (name) => panel.querySelector(`[data-${name}]`);
  const state = { step: "amount", amount: "", card: null, pin: "" };

  function draw(title, big, note = "", tone = "") {
    const screen = at("screen");
    screen.dataset.tone = tone;
    screen.replaceChildren(element("small", "", title), element("b", "", big), element("small", "", note));
  }

  function restart() {
    Object.assign(state, { step: "amount", amount: "", card: null, pin: "" });
    panel.querySelectorAll("[data-card]").forEach((card) => { card.disabled = false; card.classList.remove("inside"); });
    at("card-slot").classList.remove("filled");
    show();
  }

  function show(note = "", tone = "") {
    if (state.step === "amount") draw(say("amount_to_pay"), yuan(state.amount || 0), note || say("key_amount"), tone);
    if (state.step === "card") draw(say("insert_card"), yuan(state.amount), note, tone);
    if (state.step === "pin") draw(`${yuan(state.amount)} · ${note || say(isCredit() ? "pin_or_sign" : "enter_pin")}`, "●".repeat(state.pin.length) || "○○○○", say("then_enter"), tone);
  }

  const isCredit = () => scene().cards[state.card]?.kind === "credit";

  function insert(number) {
    if (state.step !== "card" && !(state.step === "amount" && Number(state.amount))) return;
    Object.assign(state, { step: "pin", card: number, pin: "" });
    at("card-slot").classList.add("filled");
    panel.querySelector(`[data-card="${number}"]`).classList.add("inside");
    panel.focus({ preventScroll: true });
    show();
  }

  async function pay() {
    state.step = "busy";
    draw(say("please_wait"), "···");
    const answer = await atMachine({ terminal: at("terminal").value, card: state.card, service: "purchase", pin: state.pin, amount: state.amount });
    if (answer.code === "55") {
      Object.assign(state, { step: "pin", pin: "" });
      return show(answer.told, "bad");
    }
    draw(yuan(state.amount), answer.approved ? say("approved") : say("declined"), answer.failed ?? answer.told, answer.approved ? "good" : "bad");
    state.step = "done";
    if (answer.approved) print(answer);
  }

  function print(answer) {
    const slip = element("div", "receipt");
    const place = at("terminal").selectedOptions[0].textContent;
    const rows = [[say("purchase"), yuan(state.amount)], [scene().words[scene().cards[state.card].kind], scene().cards[state.card].number], [say("reference"), answer.reference]];
    slip.append(element("b", "", place.split(" · ")[0]), element("small", "", place.split(" · ")[1]));
    for (const [name, value] of rows) {
      const row = element("p");
      row.append(element("span", "", name), element("span", "", value));
      slip.append(row);
    }
    slip.append(element("strong", "", `✓ ${say("approved")}`), element("small", "", say("merchant_copy")));
    at("slip").replaceChildren(slip);
  }

  function key(digits) {
    if (state.step === "done") { at("slip").replaceChildren(); restart(); }
    if (state.step === "amount") {
      const next = state.amount + digits;
      if (/^[0-9]{0,6}(\.[0-9]{0,2})?$/.test(next)) state.amount = next.replace(/^0+(?=[0-9])/, "");
    } else if (state.step === "pin" && digits !== ".") state.pin = (state.pin + digits).slice(0, 4);
    show();
  }

  function press(pressed) {
    if (state.step === "busy") return;
    if (pressed === "cancel") return restart();
    if (pressed === "clear") {
      if (state.step === "pin") state.pin = "";
      else state.amount = "";
      return show();
    }
    if (pressed !== "enter") return key(pressed);
    if (state.step === "amount" && Number(state.amount)) { state.step = "card"; state.amount = Number(state.amount).toFixed(2); show(); }
    else if (state.step === "pin" && (state.pin.length === 4 || (isCredit() && !state.pin))) pay();
    else if (state.step === "done") restart();
  }

  restart();
  return { insert, press };
}
