"use strict";

const page = document.body.dataset;
const byId = (id) => document.getElementById(id);
const shown = new Map();

/* ---- talking to the simulator ---- */

async function send(path, body) {
  const response = await fetch(`/_sim/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    toast(typeof answer.detail === "string" ? answer.detail : `That did not work (${response.status}).`);
    return null;
  }
  if (answer.ok === false && answer.reason) {
    const why = { http_timeout: "did not answer within 3 seconds", connection_failed: "cannot be reached", no_url: "has no URL yet" };
    toast(`The app ${why[answer.reason] || `answered ${answer.status}`}. Nothing may have happened.`);
  }
  return answer;
}

function toast(text) {
  const line = document.createElement("p");
  line.textContent = text;
  byId("toasts").append(line);
  setTimeout(() => line.remove(), 6000);
}

/* ---- times in the viewer's zone ---- */

const same = (a, b) => a.toDateString() === b.toDateString();

function dayName(date, style, pretty) {
  const now = new Date();
  if (pretty) {
    const near = [[0, "Today"], [-86400000, "Yesterday"], [86400000, "Tomorrow"]];
    for (const [shift, name] of near) if (same(date, new Date(now.getTime() + shift))) return name;
  }
  const long = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
  const options = { short: { month: "short", day: "numeric", year: "numeric" }, long, plain: { month: "long", day: "numeric", year: "numeric" } };
  return date.toLocaleDateString(undefined, options[style]);
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) || units[3];
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

function clock(date, seconds) {
  const options = { hour: "numeric", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) };
  return date.toLocaleTimeString(undefined, options);
}

function formatDate(date, form) {
  const parts = {
    date_num: () => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
    date: () => dayName(date, "plain", false),
    date_short: () => dayName(date, "short", false),
    date_long: () => dayName(date, "long", false),
    date_pretty: () => dayName(date, "plain", true),
    date_short_pretty: () => dayName(date, "short", true),
    date_long_pretty: () => dayName(date, "long", true),
    time: () => clock(date, false),
    time_secs: () => clock(date, true),
    ago: () => ago(date),
  };
  return form.replace(/\{(\w+)\}/g, (whole, name) => (parts[name] ? parts[name]() : whole));
}

function localTimes(root) {
  for (const time of root.querySelectorAll("time[data-epoch]")) {
    const date = new Date(Number(time.dataset.epoch) * 1000);
    time.dateTime = date.toISOString();
    time.title = date.toLocaleString();
    time.textContent = formatDate(date, time.dataset.format);
  }
}

/* ---- keeping the page fresh ---- */

function nearEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
}

function showRows(box, rows) {
  if (!box) return;
  const follow = nearEnd(box);
  const keep = new Set(rows.map((row) => row.key));
  for (const slot of [...box.children]) if (!keep.has(slot.dataset.key)) slot.remove();
  rows.forEach((row, index) => {
    let slot = box.children[index];
    if (!slot || slot.dataset.key !== row.key) {
      slot = document.createElement("div");
      slot.className = "slot";
      slot.dataset.key = row.key;
      box.insertBefore(slot, box.children[index] || null);
    }
    if (slot.dataset.hash === row.hash) return;
    const focused = slot.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    slot.innerHTML = row.html;
    slot.dataset.hash = row.hash;
    localTimes(slot);
    if (focused) slot.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
  });
  if (follow) box.scrollTop = box.scrollHeight;
}

function showModal(html, key) {
  const dialog = byId("modal");
  if (dialog.dataset.key === key) return;
  dialog.dataset.key = key;
  const kept = Object.fromEntries([...dialog.querySelectorAll("[data-entry]")].map((e) => [e.dataset.action, e.value ?? ""]));
  const before = dialog.querySelector("form")?.dataset.view;
  dialog.innerHTML = html;
  if (!html) { dialog.close(); return; }
  if (dialog.querySelector("form").dataset.view === before) {
    for (const entry of dialog.querySelectorAll("[data-entry]")) if (kept[entry.dataset.action] && "value" in entry) entry.value = kept[entry.dataset.action];
  }
  localTimes(dialog);
  if (!dialog.open) dialog.showModal();
}

async function refresh() {
  const query = new URLSearchParams({ channel: page.channel, thread_ts: page.thread });
  const response = await fetch(`/_page/parts?${query}`);
  if (!response.ok) return;
  const parts = await response.json();
  page.version = parts.version;
  if (parts.rows.length) byId("rows")?.querySelector(":scope > .empty")?.remove();
  if (page.channel && parts.rows.length) showRows(byId("rows"), parts.rows);
  showRows(byId("replies"), parts.replies);
  const session = byId("session");
  if (session && shown.get("session") !== parts.session) {
    session.innerHTML = parts.session;
    shown.set("session", parts.session);
  }
  const home = byId("home");
  if (home && shown.get("home") !== parts.home_key) {
    home.innerHTML = parts.home;
    shown.set("home", parts.home_key);
    localTimes(home);
  }
  showModal(parts.modal, parts.modal_key);
}

let busy = false;
let again = false;

async function refreshSoon() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    do { again = false; await refresh(); } while (again);
  } catch { /* the simulator is gone or restarting; the stream reconnects */ } finally { busy = false; }
}

/* ---- acting ---- */

function place(node) {
  const view = node.closest("[data-view]");
  if (view) return { user: page.viewer, view_id: view.dataset.view };
  const message = node.closest(".message");
  return { user: page.viewer, channel: message.dataset.channel, ts: message.dataset.ts };
}

const blockOf = (node) => node.closest("[data-block]")?.dataset.block;

async function act(node, value) {
  node.classList.add("sent");
  await send("click", { ...place(node), action_id: node.dataset.action, block_id: blockOf(node), value });
  node.classList.remove("sent");
}

function sure(button) {
  const ask = button.querySelector("template.sure");
  if (!ask) return Promise.resolve(true);
  const dialog = byId("confirm");
  dialog.querySelector(".title").textContent = ask.dataset.title;
  dialog.querySelector(".text").replaceChildren(ask.content.cloneNode(true));
  dialog.querySelector(".deny").textContent = ask.dataset.deny;
  const yes = dialog.querySelector("button.confirm");
  yes.textContent = ask.dataset.confirm;
  yes.classList.toggle("danger", ask.dataset.style === "danger");
  yes.classList.toggle("primary", ask.dataset.style !== "danger");
  dialog.returnValue = "no";
  dialog.showModal();
  return closed(dialog);
}

/* Whether it was closed with yes. A close event may come late, when the dialog is already open again. */
function closed(dialog) {
  return new Promise((resolve) => {
    dialog.onclose = () => { if (!dialog.open) resolve(dialog.returnValue === "yes"); };
  });
}

async function editMessage(button) {
  const dialog = byId("edit");
  const area = dialog.querySelector("textarea");
  area.value = button.dataset.text;
  dialog.returnValue = "no";
  dialog.showModal();
  const { channel, ts } = place(button);
  if ((await closed(dialog)) && area.value.trim()) send("edit", { channel, ts, text: area.value });
}

document.addEventListener("click", async (event) => {
  for (const open of document.querySelectorAll("details.pick[open]")) if (!open.contains(event.target)) open.open = false;
  const target = event.target.closest("button, a, summary");
  if (!target) return;
  const message = target.closest(".message");
  if (target.matches(".reaction, .add") && message) {
    const { channel, ts, user } = place(target);
    target.closest("details")?.removeAttribute("open");
    send("reactions", { user, channel, ts, name: target.dataset.name, remove: target.dataset.mine === "1" });
  } else if (target.matches(".shortcut")) {
    const { channel, ts, user } = place(target);
    send("shortcuts", { user, channel, ts, callback_id: target.dataset.callback });
  } else if (target.matches(".edit")) editMessage(target);
  else if (target.matches(".delete")) { const { channel, ts } = place(target); send("delete", { channel, ts }); }
  else if (target.matches(".stop")) send("sessions/stop", { user: page.viewer, channel: target.dataset.channel, thread_ts: target.dataset.thread });
  else if (target.matches(".dismiss")) send("views/close", { user: page.viewer, view_id: target.closest("[data-view]").dataset.view });
  else if (target.matches(".insert, .example")) insert(target);
  else if (target.matches(".menu")) { const open = document.body.classList.toggle("side-open"); target.setAttribute("aria-expanded", String(open)); }
  else if (target.dataset.kind === "link") act(target);
  else if (target.dataset.kind === "feedback") {
    for (const side of target.parentNode.children) side.setAttribute("aria-pressed", String(side === target));
    act(target, target.dataset.value);
  } else if (target.dataset.kind === "button" && (await sure(target))) act(target);
});

document.addEventListener("change", (event) => {
  const node = event.target.closest("[data-kind]");
  if (event.target.id === "viewer") {
    document.cookie = `sim_as=${event.target.value}; path=/; max-age=31536000; samesite=strict`;
    location.reload();
  } else if (node && !node.closest("form.view .block.input")) {
    if (node.dataset.kind === "select" && node.value) act(node, node.value);
    if (node.dataset.kind === "choices") act(node, chosen(node));
  }
});

/* ---- external selects ---- */

const delay = new WeakMap();

document.addEventListener("input", (event) => {
  const box = event.target.closest(".typeahead");
  if (event.target.matches(".composer textarea")) grow(event.target);
  if (!box) return;
  delete box.dataset.value;
  clearTimeout(delay.get(box));
  delay.set(box, setTimeout(() => suggest(box), 200));
});

async function suggest(box) {
  const input = box.querySelector("input");
  const list = box.querySelector("ul");
  if (input.value.length < Number(box.dataset.least)) { list.hidden = true; return; }
  const answer = await send("options", { ...place(box), action_id: box.dataset.action, block_id: blockOf(box), query: input.value });
  if (!answer) return;
  list.replaceChildren(...answer.options.map((option) => {
    const item = document.createElement("li");
    item.role = "option";
    item.tabIndex = -1;
    item.dataset.value = option.value;
    item.textContent = option.text.text;
    return item;
  }));
  if (!answer.options.length) list.textContent = "No result";
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function choose(item) {
  const box = item.closest(".typeahead");
  box.querySelector("input").value = item.textContent;
  box.querySelector("ul").hidden = true;
  box.dataset.value = item.dataset.value;
  if (!box.closest("form.view .block.input")) act(box, item.dataset.value);
}

document.addEventListener("mousedown", (event) => {
  const item = event.target.closest(".typeahead li");
  if (item) { event.preventDefault(); choose(item); return; }
  for (const list of document.querySelectorAll(".typeahead ul")) if (!list.parentNode.contains(event.target)) list.hidden = true;
});

/* ---- composing ---- */

function grow(area) {
  area.rows = Math.min(10, area.value.split("\n").length);
}

function insert(button) {
  const area = (button.closest(".composer") || document.querySelector(".composer")).querySelector("textarea");
  const text = button.dataset.insert || button.textContent;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.focus();
}

async function compose(form) {
  const area = form.querySelector("textarea");
  const text = area.value.trim();
  if (!text) return;
  area.value = "";
  grow(area);
  const [first, ...rest] = text.split(" ");
  const isCommand = first.startsWith("/") && !form.dataset.thread && !first.slice(1).includes("/");
  const body = isCommand
    ? { user: page.viewer, channel: page.channel, command: first, text: rest.join(" ") }
    : { user: page.viewer, channel: page.channel, thread_ts: form.dataset.thread || null, text, typed: true };
  const answer = await send(isCommand ? "commands" : "messages", body);
  if (!answer) { area.value = text; return; }
  const box = byId(form.dataset.thread ? "replies" : "rows");
  box.scrollTop = box.scrollHeight;
  await refreshSoon();
  box.scrollTop = box.scrollHeight;
}

function chosen(node) {
  const ticked = [...node.querySelectorAll("input:checked")].map((input) => input.value);
  return node.dataset.entry === "many" ? ticked : ticked[0] ?? null;
}

function entered(entry) {
  if (entry.dataset.entry === "external") return entry.dataset.value || null;
  if (entry.matches(".choices")) return chosen(entry);
  return entry.value;
}

document.addEventListener("submit", async (event) => {
  if (event.target.matches(".composer")) { event.preventDefault(); compose(event.target); }
  if (event.target.matches("form.view")) {
    event.preventDefault();
    const values = Object.fromEntries([...event.target.querySelectorAll(".block.input [data-entry]")].map((e) => [e.dataset.action, entered(e)]));
    await send("views/submit", { user: page.viewer, view_id: event.target.dataset.view, values });
    refreshSoon();
  }
});

document.addEventListener("keydown", (event) => {
  const composer = event.target.closest?.(".composer textarea");
  if (composer && event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); compose(composer.form); }
  const box = event.target.closest?.(".typeahead");
  if (box && ["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(event.key)) {
    const items = [...box.querySelectorAll("li")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") box.querySelector("ul").hidden = true;
    else if (event.key === "Enter") { event.preventDefault(); if (items.length) choose(items[Math.max(at, 0)]); }
    else items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]?.focus();
    event.preventDefault();
  }
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    for (const open of document.querySelectorAll("details.pick[open]")) open.open = false;
    document.body.classList.remove("side-open");
  }
});

byId("modal").addEventListener("cancel", (event) => {
  event.preventDefault();
  const form = byId("modal").querySelector("form");
  if (form) send("views/close", { user: page.viewer, view_id: form.dataset.view });
});

/* ---- start ---- */

localTimes(document);
for (const id of ["rows", "replies"]) {
  const box = byId(id);
  if (box) box.scrollTop = box.scrollHeight;
}
const named = location.hash && document.querySelector(CSS.escape ? `#${CSS.escape(location.hash.slice(1))}` : location.hash);
if (named) { named.classList.add("named"); named.scrollIntoView({ block: "center" }); }
if (page.home) send("home", { user: page.viewer });
if (byId("modal").innerHTML.trim()) byId("modal").showModal();
const stream = new EventSource("/_page/changes");
stream.onmessage = (event) => { if (event.data !== page.version) refreshSoon(); };
