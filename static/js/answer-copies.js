// Copies of the pages of one visit, so that one can go on without a connection, and what was saved since.
// They live in this tab alone and are gone with it.

const PAGES = "throughline:pages:";
const SAVED = "throughline:saved:";

function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function put(key, text) {
  try {
    storage()?.setItem(key, text);
  } catch {
    // Full: going on without a connection is then not possible, everything else is.
  }
}

export function keepPage(respondent, path, html) {
  put(`${PAGES}${respondent}:${path}`, html);
}

export function page(respondent, path) {
  return storage()?.getItem(`${PAGES}${respondent}:${path}`) ?? null;
}

export function keepSaved(respondent, item, answer) {
  put(SAVED + respondent, JSON.stringify({ ...saved(respondent), [item]: answer }));
}

export function saved(respondent) {
  try {
    return JSON.parse(storage()?.getItem(SAVED + respondent) ?? "{}");
  } catch {
    return {};
  }
}

export function wipe(respondent) {
  const store = storage();
  for (const key of Object.keys(store ?? {})) {
    if (key.startsWith(PAGES + respondent) || key === SAVED + respondent) store.removeItem(key);
  }
}
