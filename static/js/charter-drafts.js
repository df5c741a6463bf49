// Keeps what is typed into a charter on this device until the server has it: a closed tab, a lost connection or
// an expired session takes nothing away. A kept text is bound to the version of its field, so that it comes back
// only while nobody has saved that field since.

const form = document.querySelector("form[data-keep]");
if (form) keep(form, `throughline:${form.dataset.keep}`);

function keep(form, key) {
  const version = (name) => {
    const bits = name.split(".");
    for (let length = bits.length; length > 0; length -= 1) {
      const field = form.elements[`v:${bits.slice(0, length).join(".")}`];
      if (field) return field.value;
    }
    return null;
  };
  const fields = [...form.elements].filter((field) => field.name && version(field.name) !== null && field.type !== "hidden");
  const value = (field) => (field.type === "checkbox" ? field.checked : field.value);
  const shown = new Map(fields.map((field) => [field.name, value(field)]));
  const restored = restore();
  if (restored) tell(restored);

  form.addEventListener("input", () => {
    const typed = {};
    for (const field of fields) {
      if (value(field) !== shown.get(field.name)) typed[field.name] = { value: value(field), version: version(field.name) };
    }
    write(typed);
  });

  function restore() {
    let count = 0;
    const kept = read();
    for (const field of fields) {
      const entry = kept[field.name];
      if (!entry || entry.version !== version(field.name) || entry.value === value(field)) continue;
      if (field.type === "checkbox") field.checked = entry.value;
      else field.value = entry.value;
      field.closest("details")?.setAttribute("open", "");
      count += 1;
    }
    if (!count) localStorage.removeItem(key);
    return count;
  }

  function tell(count) {
    const note = document.createElement("p");
    note.className = "charter-kept";
    note.setAttribute("role", "status");
    note.textContent = `${count === 1 ? "One field holds" : `${count} fields hold`} what you typed here before and did not save. `;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button-quiet";
    button.textContent = "Discard it";
    button.addEventListener("click", () => {
      localStorage.removeItem(key);
      form.reset();
      note.remove();
    });
    note.append(button);
    form.prepend(note);
  }

  function read() {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      return {};
    }
  }

  function write(typed) {
    try {
      if (Object.keys(typed).length) localStorage.setItem(key, JSON.stringify(typed));
      else localStorage.removeItem(key);
    } catch {
      // Private windows and full disks keep nothing; the form itself still works.
    }
  }
}
