// How the page speaks to the office, which speaks to the gateway; and the panel that shows what was said.
let known;

export function scene() {
  known ??= JSON.parse(document.getElementById("lab-scene").textContent);
  return known;
}

export const say = (name) => scene().words[name] ?? name;

export function yuan(text) {
  const number = Number(text);
  return `${number < 0 ? "−" : ""}¥${Math.abs(number).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// The office's answer, or {failed} with a sentence.
async function ask(which, body) {
  const lab = document.querySelector("[data-lab]");
  const token = document.querySelector("meta[name=csrf-token]").content;
  try {
    const response = await fetch(lab.dataset[which], {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ customer: scene().customer, ...body }),
    });
    if (!response.headers.get("Content-Type")?.includes("json")) return { failed: say("unreachable") };
    const answer = await response.json();
    show(answer.said ?? []);
    return answer;
  } catch {
    return { failed: say("unreachable") };
  }
}

export const atMachine = (body) => ask("machineUrl", body);
export const online = (body) => ask("onlineUrl", body);

let count = 0;

function show(said) {
  const wire = document.querySelector("[data-wire]");
  for (const message of said) {
    const box = element("article", `wire wire-${message.sender}`);
    box.append(element("h3", "", `${message.sender === "customer" ? "→" : "←"} ${message.title}`), element("time", "", message.at));
    if (message.lines.length) {
      const table = element("table");
      for (const line of message.lines) {
        const row = table.insertRow();
        for (const cell of line) if (cell || line[1]) row.insertCell().textContent = cell;
      }
      box.append(table);
    }
    if (message.dump) box.append(element("pre", "", message.dump));
    wire.prepend(box);
    count += 1;
  }
  while (wire.children.length > 40) wire.lastChild.remove();
  document.querySelector("[data-wire-count]").textContent = count || "";
}
