// What every page shares: menus that close, messages that leave, words for screen readers.

document.documentElement.classList.remove("no-js");

const live = document.getElementById("live");

export function announce(text) {
  if (!live || !text) return;
  live.textContent = "";
  // A region that is emptied and filled in one go stays silent in some readers.
  setTimeout(() => { live.textContent = text; }, 50);
}

function openMenus() {
  return document.querySelectorAll("details.menu[open]");
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const toasts = document.querySelector(".toasts");

if (toasts) {
  const leave = () => toasts.remove();
  setTimeout(leave, 8000);
  document.addEventListener("submit", leave, { once: true });
}

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  const said = part.dataset?.announce ? part : part.querySelector?.("[data-announce]");
  announce(said?.dataset.announce);
});

for (const [name, text] of [
  ["htmx:responseError", "The server did not accept this. Nothing was changed."],
  ["htmx:sendError", "There is no connection. Nothing was sent."],
]) {
  document.addEventListener(name, () => announce(text));
}

// The decision at the foot of a phone hides while the keyboard is open.
const viewport = window.visualViewport;

if (viewport) {
  viewport.addEventListener("resize", () => {
    const open = viewport.height < window.innerHeight * 0.75;
    document.documentElement.classList.toggle("keyboard-open", open);
  });
}
