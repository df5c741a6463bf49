// Answers save themselves, one by one. "Saved" is shown only after the server has said so; without a
// connection, or signed out, an answer waits on this device and goes out later with the revision it rests on.
// Without a connection one goes on in copies of the pages, which were fetched while there was one.

import * as drafts from "./answer-drafts.js";
import * as copies from "./answer-copies.js";
import { Item } from "./answer-item.js";

let page = document.querySelector("[data-answering]");
let items = new Map();
let active = null;
const { respondent } = page.dataset;
const pending = drafts.all(respondent);
const sending = new Set();
const waiting = new Set();
const stopped = new Set();
const timers = new Map();
let token = page.dataset.token;
let signedOut = false;
let retry = 0;
let progress = null;

const TYPING = 500;
const LONGEST_WAIT = 30000;

function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

function plain(content) {
  const { choice, value, confidence, comment, would_know, link } = content;
  return { choice, value: value ?? null, confidence, comment, would_know, link };
}

function tellKept() {
  document.dispatchEvent(new CustomEvent("throughline:kept", { detail: { count: waiting.size } }));
}

function changed(item) {
  const draft = pending.get(item.key);
  const next = { content: item.content, base: draft?.base ?? item.revision, at: new Date().toISOString() };
  pending.set(item.key, next);
  stopped.delete(item.key);
  item.refuse("");
  if (!drafts.keep(respondent, item.key, next)) item.say("Saving");
}

function schedule(item, delay) {
  clearTimeout(timers.get(item.key));
  timers.set(item.key, setTimeout(() => send(item.key), delay));
}

async function post(key, draft) {
  const body = JSON.stringify({ ...plain(draft.content), base_revision: draft.base, client_time: draft.at });
  return fetch(`${page.dataset.save}${encodeURIComponent(key)}/`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
    body,
    keepalive: body.length < 60000,
    redirect: "error",
  });
}

async function send(key) {
  const draft = pending.get(key);
  if (!draft || sending.has(key) || stopped.has(key)) return;
  sending.add(key);
  const item = items.get(key);
  item?.say("Saving");
  try {
    const response = await post(key, draft);
    await answered(key, item, draft, response);
    document.dispatchEvent(new CustomEvent("throughline:reachable"));
  } catch {
    unreachable(key, item);
  } finally {
    sending.delete(key);
    tellKept();
  }
  const left = pending.get(key);
  if (left && left !== draft && !waiting.has(key)) send(key);
}

async function answered(key, item, draft, response) {
  const data = await response.json().catch(() => ({}));
  if (response.ok) return saved(key, item, draft, data);
  if (response.status === 409 && data.error?.code === "stale_answer") return stale(key, item, draft, data);
  if (response.status === 403 && (await renewToken())) return later(key, 0);
  if (response.status === 404 || response.status === 403) return leftOut(key, item, data);
  if (response.status >= 500 || response.status === 429) throw new Error("try again");
  stopped.add(key);
  item?.refuse(data.error?.message ?? "This was not saved.");
  item?.say("Not saved");
}

function saved(key, item, draft, data) {
  waiting.delete(key);
  retry = 0;
  const now = pending.get(key);
  if (now === draft) {
    pending.delete(key);
    drafts.drop(respondent, key);
  } else if (now) {
    now.base = data.revision;
    drafts.keep(respondent, key, now);
  }
  copies.keepSaved(respondent, key, { content: draft.content, revision: data.revision, saved: data.saved });
  if (item) {
    item.revision = data.revision;
    if (now === draft) item.say(item.content.choice === "" && !hasValue(item) ? "" : `Saved ${data.saved}`, true);
  }
  showProgress(data);
}

function hasValue(item) {
  const { value } = item.content;
  return value !== null && value !== "" && (typeof value !== "object" || Object.keys(value).length > 0);
}

function stale(key, item, draft, data) {
  const { theirs } = data.error.details;
  waiting.delete(key);
  if (same(plain(theirs), plain(draft.content))) return settle(key, item, theirs);
  stopped.add(key);
  if (!item) return undefined;
  item.say("Not saved");
  item.conflict(theirs, draft.content, (keep) => {
    if (keep === "theirs") return settle(key, item, theirs);
    pending.set(key, { content: item.content, base: theirs.revision, at: new Date().toISOString() });
    drafts.keep(respondent, key, pending.get(key));
    stopped.delete(key);
    return send(key);
  });
  return undefined;
}

function settle(key, item, theirs) {
  pending.delete(key);
  drafts.drop(respondent, key);
  stopped.delete(key);
  if (!item) return;
  item.content = theirs;
  item.revision = theirs.revision;
  item.say(`Saved ${theirs.saved}`, true);
}

function unreachable(key, item) {
  waiting.add(key);
  item?.say("Kept on this device");
  document.dispatchEvent(new CustomEvent("throughline:unreachable"));
  retry = Math.min(LONGEST_WAIT, (retry || 1000) * 2);
  later(key, retry);
}

function later(key, delay) {
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => send(key), delay));
}

async function renewToken() {
  const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-token]");
  if (!fresh || fresh.dataset.token === token) return false;
  token = fresh.dataset.token;
  return true;
}

function leftOut(key, item, data) {
  signedOut = true;
  waiting.add(key);
  stopped.add(key);
  item?.say("Kept on this device");
  const bar = page.querySelector("[data-signed-out]");
  bar.hidden = false;
  bar.querySelector("[data-signed-out-text]").textContent =
    `${data.error?.message ?? ""} What you type is kept on this device. Open your personal link again to send it.`.trim();
}

function showProgress(data) {
  progress = data;
  const share = document.getElementById("link-share");
  if (share && data.asked) share.value = Math.round((100 * data.answered) / data.asked);
  const words = document.getElementById("link-progress");
  if (words) {
    const wide = document.createElement("span");
    wide.className = "wide";
    wide.textContent = `${data.answered} of ${data.asked} answered · `;
    words.replaceChildren(wide, data.left);
  }
  for (const [code, [done, asked]] of Object.entries(data.steps)) {
    const step = page.querySelector(`[data-step="${CSS.escape(code)}"]`);
    if (!step) continue;
    step.querySelector(".step-count").textContent = done || step.classList.contains("is-current") ? `${done} of ${asked}` : "";
    if (!step.classList.contains("is-current")) step.classList.toggle("is-done", done === asked);
  }
  hide(new Set(data.hidden));
}

function hide(keys) {
  const shown = [];
  for (const item of items.values()) {
    item.element.hidden = keys.has(item.key);
    if (!item.element.hidden) shown.push(item);
  }
  shown.forEach((item, index) => {
    item.element.querySelector("[data-position]").textContent = `Question ${index + 1} of ${shown.length}`;
  });
}

function itemOf(node) {
  const element = node.closest?.("[data-item]");
  return element ? items.get(element.dataset.item) : undefined;
}

document.addEventListener("change", (event) => {
  const item = itemOf(event.target);
  if (!item) return;
  if (event.target.type === "file") {
    upload(item, event.target);
    return;
  }
  item.settle(event.target);
  changed(item);
  schedule(item, 0);
});

document.addEventListener("input", (event) => {
  const item = itemOf(event.target);
  if (!item || !event.target.matches("textarea, input:not([type=radio], [type=checkbox], [type=file])")) return;
  item.settle(event.target);
  changed(item);
  schedule(item, TYPING);
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-clear]");
  const remove = event.target.closest("[data-remove]");
  if (!clear && !remove) return;
  event.preventDefault();
  const item = itemOf(event.target);
  if (remove) {
    removeFile(item, remove);
    return;
  }
  item.content = { choice: "", value: null, confidence: "", comment: "", would_know: "", link: "" };
  changed(item);
  schedule(item, 0);
  item.element.querySelector("input[type=radio]")?.focus();
});

async function upload(item, input) {
  const [file] = input.files;
  if (!file) return;
  item.refuse("");
  item.say("Saving the file");
  const body = new FormData();
  body.append("file", file);
  try {
    const response = await fetch(`${page.dataset.save}${encodeURIComponent(item.key)}/files/`, {
      method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" }, body,
    });
    const data = await response.json();
    if (!response.ok) throw new Error(data.error.message);
    const row = new DOMParser().parseFromString(data.html, "text/html").body.firstElementChild;
    item.element.querySelector("[data-files]").append(row);
    input.value = "";
    item.say("File saved", true);
  } catch (error) {
    item.say("");
    item.refuse(error instanceof TypeError ? "There is no connection. Choose the file again when it is back." : error.message);
  }
}

async function removeFile(item, button) {
  try {
    const response = await fetch(button.dataset.remove, { method: "POST", headers: { "X-CSRFToken": token } });
    if (response.ok) button.closest("li").remove();
    else item.refuse("The file was not removed.");
  } catch {
    item.refuse("There is no connection. The file is still there.");
  }
}

async function flush(longest) {
  const until = Date.now() + longest;
  for (const key of pending.keys()) {
    clearTimeout(timers.get(key));
    send(key);
  }
  while (sending.size && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 30));
  return pending.size === 0;
}

function note(text) {
  const place = page.querySelector("[data-all-saved]");
  place.setAttribute("role", "alert");
  place.textContent = text;
}

document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-answer-form]")) return;
  event.preventDefault();
  if (!event.submitter?.matches("[data-go]")) return;
  await flush(4000);
  const stuck = [...stopped].map((key) => items.get(key)).find((item) => item);
  if (stuck && !signedOut) {
    note("One answer on this page needs your choice first.");
    stuck.element.scrollIntoView({ block: "start" });
    return;
  }
  if (signedOut) {
    note("Not everything is saved yet. It is kept on this device and sent when you have opened your link again.");
    return;
  }
  const after = event.target.action
    .replace(/dimensions\/[^/]+\/save\/$/, "review/")
    .replace(/rest\/[^/]+\/save\/$/, "rest/");
  go(page.dataset.next || after);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || (navigator.onLine && !pending.size)) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button || !isDimension(link.href)) return;
  event.preventDefault();
  flush(2000).then(() => go(link.href));
});

window.addEventListener("popstate", () => go(window.location.href, false));

function isDimension(url) {
  return new RegExp(`/answer/${respondent}/dimensions/[^/]+/$`).test(pathOf(url));
}

async function read(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error("not there");
  const text = await response.text();
  copies.keepPage(respondent, pathOf(url), text);
  return text;
}

function pathOf(url) {
  return new URL(url, window.location.href).pathname;
}

async function go(url, push = true) {
  if (navigator.onLine && !waiting.size) {
    if (push) window.location.assign(url);
    else window.location.reload();
    return;
  }
  if (!isDimension(url)) {
    note("This needs a connection. Your answers are kept on this device until it is back.");
    return;
  }
  let fresh = true;
  const text = await read(url).catch(() => {
    fresh = false;
    document.dispatchEvent(new CustomEvent("throughline:unreachable"));
    return copies.page(respondent, pathOf(url));
  });
  const next = text && new DOMParser().parseFromString(text, "text/html");
  if (!next?.querySelector("[data-answering]")) {
    note("There is no connection, and this page was not fetched before. Your answers are kept on this device.");
    return;
  }
  swap(next, fresh);
  if (push) window.history.pushState({}, "", url);
}

function swap(next, fresh) {
  const incoming = document.adoptNode(next.querySelector("[data-answering]"));
  if (fresh) {
    for (const id of ["link-progress", "link-share"]) {
      const [old, now] = [document.getElementById(id), next.getElementById(id)];
      if (old && now) old.replaceWith(document.adoptNode(now));
    }
    token = incoming.dataset.token;
  }
  page.replaceWith(incoming);
  document.title = next.title;
  page = incoming;
  begin(fresh);
  window.scrollTo(0, 0);
  document.getElementById("main").focus({ preventScroll: true });
}

// Fills what this visit knows better than the page: answers saved since a copy was fetched, and what waits.
function begin(fresh) {
  active = null;
  items = new Map([...page.querySelectorAll("[data-item]")].map((element) => [element.dataset.item, new Item(element)]));
  const saved = copies.saved(respondent);
  for (const item of items.values()) {
    const better = saved[item.key];
    if (better && better.revision > item.revision) {
      item.content = better.content;
      item.revision = better.revision;
      item.say(`Saved ${better.saved}`, true);
    }
  }
  if (!fresh && progress) showProgress(progress);
  for (const [key, draft] of pending) {
    const item = items.get(key);
    if (item) {
      item.content = draft.content;
      stopped.delete(key);
      if (waiting.has(key)) item.say("Kept on this device");
    }
    send(key);
  }
}

// Those that follow come first: that is where one goes.
async function fetchCopies() {
  const links = [...document.querySelectorAll(".answer-steps a[href]")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  for (const link of [...links.slice(here + 1), ...links.slice(0, Math.max(here, 0))]) {
    try {
      if (copies.page(respondent, pathOf(link.href))) continue;
      await read(link.href);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

document.addEventListener("focusin", (event) => { active = itemOf(event.target) ?? active; });
document.addEventListener("pointerdown", (event) => { active = itemOf(event.target) ?? active; });

function visible() {
  return [...items.values()].filter((item) => !item.element.hidden);
}

function goOn(item) {
  const shown = visible();
  const next = shown[shown.indexOf(item) + 1];
  if (!next) {
    page.querySelector("[data-go]").focus();
    return;
  }
  active = next;
  const inputs = next.element.querySelectorAll("[data-answer] input, [data-answer] textarea");
  ([...inputs].find((input) => input.checked) ?? inputs[0])?.focus({ preventScroll: true });
  next.element.scrollIntoView({ block: "start" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.matches("textarea, select, a, button, summary, input:not([type=radio], [type=checkbox])")) return;
  const item = active && !active.element.hidden ? active : visible()[0];
  if (!item) return;
  if (/^[0-5]$/.test(event.key)) {
    event.preventDefault();
    active = item;
    item.choose(event.key === "0" ? "dont_know" : String(Number(event.key) - 1));
  } else if (event.key === "Enter") {
    event.preventDefault();
    goOn(item);
  }
});

copies.keepPage(respondent, window.location.pathname, document.documentElement.outerHTML);
begin(true);
setTimeout(fetchCopies, 1500);

window.addEventListener("online", () => { for (const key of pending.keys()) { clearTimeout(timers.get(key)); send(key); } });
window.addEventListener("pagehide", () => { for (const key of pending.keys()) send(key); });
