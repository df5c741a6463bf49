// The live page reads itself again: not while nobody looks, while a table is open, while something has the focus in it,
// or while a note is begun.

const EVERY = 30_000;

function refresh() {
  const live = document.getElementById("live-page");
  if (!live || document.hidden) return;
  if (live.querySelector("details[open]") || live.contains(document.activeElement)) return;
  if ([...live.querySelectorAll("input[type=text]")].some((field) => field.value)) return;
  live.dispatchEvent(new CustomEvent("read-again"));
}

setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
