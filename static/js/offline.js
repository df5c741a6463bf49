// One bar: since when there is no connection, and how many changes are kept on this device.
// Whoever keeps changes says so with the event "throughline:kept", detail {count}.

const strip = document.getElementById("offline");
const words = strip?.querySelector("[data-offline-text]");
let since = null;
let kept = 0;

function time() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function sentence() {
  const what = kept === 1 ? "1 answer is" : `${kept} answers are`;
  if (since === null) return `The connection is back. ${what} being sent.`;
  if (kept === 0) return `No connection since ${since}. You can go on; what you change is kept on this device.`;
  return `No connection since ${since}. You can go on; ${what} kept on this device and sent when it returns.`;
}

function draw() {
  if (!strip) return;
  const wasShown = !strip.hidden;
  strip.hidden = since === null && kept === 0;
  if (!strip.hidden) words.textContent = sentence();
  else if (wasShown) document.dispatchEvent(new CustomEvent("throughline:sent"));
}

window.addEventListener("offline", () => { since = time(); draw(); });
window.addEventListener("online", () => { since = null; draw(); });
document.addEventListener("throughline:kept", (event) => { kept = event.detail.count; draw(); });
document.addEventListener("throughline:unreachable", () => { since ??= time(); draw(); });
document.addEventListener("throughline:reachable", () => { since = null; draw(); });

if (!navigator.onLine) { since = time(); draw(); }
