// The live page reads itself again: not while nobody looks, while a table is open, or while something has the focus in it.

const EVERY = 30_000;

function refresh() {
  const live = document.getElementById("live-page");
  if (!live || document.hidden) return;
  if (live.querySelector("details[open]") || live.contains(document.activeElement)) return;
  live.dispatchEvent(new CustomEvent("read-again"));
}

setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
