// What every page of the office needs: htmx with server-sent events, the theme, the command palette, live times.
import htmx from "htmx.org";
window.htmx = htmx;
import { drawIcons } from "./icons.js";
import "./keys.js";
import { openPalette, installPalette } from "./palette.js";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;

function setTheme(theme) {
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
}

function start() {
  drawIcons();
  installPalette();
  document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", next);
    setTheme(next);
    document.dispatchEvent(new Event("guanxi:theme"));
  });
  document.querySelector("[data-palette-open]")?.addEventListener("click", openPalette);
  document.querySelector("[data-language-select]")?.addEventListener("change", (event) => event.target.form.submit());
}

setTheme(localStorage.getItem("theme"));
document.addEventListener("DOMContentLoaded", start);
document.addEventListener("htmx:load", (event) => drawIcons(event.target));
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

// Arrow keys walk through a list of results; Enter opens the one that is marked.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-results]");
  if (!box || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  const links = [...document.querySelectorAll(`${box.dataset.results} a[data-result]`)];
  if (!links.length) return;
  const present = links.findIndex((link) => link.classList.contains("active"));
  if (event.key === "Enter") {
    (links[present] ?? links[0]).click();
  } else {
    const step = event.key === "ArrowDown" ? 1 : -1;
    links[present]?.classList.remove("active");
    const next = links[(present + step + links.length) % links.length];
    next.classList.add("active");
    next.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", next.id);
  }
  event.preventDefault();
});

import "htmx-ext-sse";

// When the timeline grows, the balances beside it are fetched again.
document.addEventListener("htmx:sseMessage", () => htmx.trigger(document.body, "guanxi:grown"));

// A picture that redraws itself can be held still.
document.addEventListener("click", (event) => {
  const hold = event.target.closest("[data-live-pause]");
  if (hold) hold.setAttribute("aria-pressed", hold.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const held = event.target.matches("[data-live]") && document.querySelector('[data-live-pause][aria-pressed="true"]');
  if (held || (document.hidden && event.target.matches("[data-live]"))) event.preventDefault();
});
