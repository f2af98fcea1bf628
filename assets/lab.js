// The channel lab: tabs, the trays of cards, the keyboard, and the machines themselves.
import { startAtm } from "./lab/atm.js";
import { startPos } from "./lab/pos.js";
import { startOnline } from "./lab/online.js";
import { scene } from "./lab/talk.js";

const KEYS = { Enter: "enter", Escape: "cancel", Backspace: "clear", Delete: "clear", ".": "." };

function showTab(tab) {
  for (const each of document.querySelectorAll(".lab-tabs [role=tab]")) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", chosen);
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
}

function installTabs() {
  const tabs = [...document.querySelectorAll(".lab-tabs [role=tab]")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => showTab(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      showTab(next);
      next.focus();
    });
  }
  const asked = document.querySelector(`.lab-tabs [aria-controls="${CSS.escape(location.hash.slice(1))}"]`);
  if (asked) showTab(asked);
}

// A machine's keys by mouse and by keyboard; typing into a field of the page is left alone.
function installKeys(panel, press) {
  panel.querySelector("[data-keypad]").addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) press(key);
  });
  document.addEventListener("keydown", (event) => {
    if (panel.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, dialog, .gx-timeline, .lab-tabs, .lab-wire, .gx-top")) return;
    const key = /^[0-9]$/.test(event.key) ? event.key : KEYS[event.key];
    if (!key || (key === "enter" && event.target.closest("button:not([data-key])"))) return;
    event.preventDefault();
    const drawn = panel.querySelector(`[data-key="${key}"]`);
    drawn?.classList.add("pressed");
    setTimeout(() => drawn?.classList.remove("pressed"), 120);
    press(key);
  });
}

function installTray(panel, insert) {
  const tray = panel.querySelector("[data-tray]");
  scene().cards.forEach((card, number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `bank-card bank-card-${card.kind}`;
    button.dataset.card = number;
    const expires = `${card.expires.slice(2)}/${card.expires.slice(0, 2)}`;
    button.innerHTML = `<span class="bank-card-chip"></span><b></b><span class="bank-card-number"></span><small></small>
      <em></em>`;
    button.querySelector("b").textContent = scene().words[card.kind];
    button.querySelector(".bank-card-number").textContent = card.number.replace(/(.{4})(?=.)/g, "$1 ");
    button.querySelector("small").textContent = `${scene().name} · ${expires}`;
    button.querySelector("em").textContent = `PIN ${card.pin}`;
    button.addEventListener("click", () => insert(number));
    tray.append(button);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  if (!document.querySelector("[data-lab]")) return;
  installTabs();
  for (const [id, start] of [["atm", startAtm], ["pos", startPos]]) {
    const panel = document.getElementById(id);
    const machine = start(panel);
    installKeys(panel, machine.press);
    installTray(panel, machine.insert);
  }
  for (const place of document.querySelectorAll("[data-online]")) startOnline(place);
});
