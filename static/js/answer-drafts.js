// Answers that are not on the server yet, kept on this device under the id of the link's owner.
// A draft is {content, base, at}: what was answered, and the revision that was shown when it was.

import { wipe as wipeCopies } from "./answer-copies.js";

const PREFIX = "throughline:answers:";

function name(respondent, item) {
  return `${PREFIX}${respondent}:${item}`;
}

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export function keep(respondent, item, draft) {
  try {
    storage()?.setItem(name(respondent, item), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function drop(respondent, item) {
  storage()?.removeItem(name(respondent, item));
}

export function all(respondent) {
  const found = new Map();
  const store = storage();
  if (!store) return found;
  const start = `${PREFIX}${respondent}:`;
  for (let index = 0; index < store.length; index += 1) {
    const key = store.key(index);
    if (!key.startsWith(start)) continue;
    try {
      found.set(key.slice(start.length), JSON.parse(store.getItem(key)));
    } catch {
      // Not written by this module; it is left alone.
    }
  }
  return found;
}

export function wipe(respondent) {
  for (const item of all(respondent).keys()) drop(respondent, item);
  wipeCopies(respondent);
}

// Handed in, or the link was forgotten: nothing of it stays on a shared device.
const wiped = document.querySelector("[data-wipe]")?.dataset.wipe;
if (wiped) wipe(wiped);

// Handing in waits for what is still on this device.
const form = document.querySelector("form[data-submit-answers]");
form?.addEventListener("submit", (event) => {
  const count = all(form.dataset.respondent).size;
  if (!count) return;
  event.preventDefault();
  delete form.dataset.sent;
  let note = form.querySelector(".button-reason");
  if (!note) {
    note = document.createElement("p");
    note.className = "button-reason";
    note.setAttribute("role", "alert");
    form.append(note);
  }
  note.textContent = `${count === 1 ? "1 answer is" : `${count} answers are`} kept on this device and not saved yet. `
    + "Open any page of questions with a connection, then hand in.";
});
