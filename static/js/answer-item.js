// One question on the page: reads it, fills it, says how its answer stands.

const FIELDS = ["confidence", "comment", "would_know", "link"];

function named(element, name) {
  return element.querySelectorAll(`[name="${CSS.escape(name)}"]`);
}

function readValue(element, key, kind) {
  if (kind === "maturity") return null;
  if (kind === "matrix") {
    const rows = {};
    for (const input of element.querySelectorAll(`[name^="${CSS.escape(`value:${key}:`)}"]:checked`)) {
      rows[input.name.slice(`value:${key}:`.length)] = input.value;
    }
    return rows;
  }
  const inputs = [...named(element, `value:${key}`)];
  if (kind === "multiple_choice") return inputs.filter((input) => input.checked).map((input) => input.value);
  if (kind === "single_choice") return inputs.find((input) => input.checked)?.value ?? "";
  return inputs[0]?.value ?? "";
}

function fillValue(element, key, kind, value) {
  for (const input of element.querySelectorAll(`[name^="${CSS.escape(`value:${key}`)}"]`)) {
    if (kind === "matrix") input.checked = value?.[input.name.slice(`value:${key}:`.length)] === input.value;
    else if (kind === "multiple_choice") input.checked = (value ?? []).includes(input.value);
    else if (kind === "single_choice") input.checked = value === input.value;
    else input.value = value ?? "";
  }
}

export class Item {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.item;
    this.kind = element.dataset.kind;
    this.revisionField = element.querySelector("[data-revision]");
  }

  get revision() {
    return Number(this.revisionField.value) || 0;
  }

  set revision(number) {
    this.revisionField.value = String(number);
  }

  get content() {
    const content = { choice: "", value: readValue(this.element, this.key, this.kind) };
    for (const input of named(this.element, `choice:${this.key}`)) if (input.checked) content.choice = input.value;
    for (const field of FIELDS) {
      const inputs = [...named(this.element, `${field}:${this.key}`)];
      const chosen = inputs[0]?.type === "radio" ? inputs.find((input) => input.checked) : inputs[0];
      content[field] = chosen?.value ?? "";
    }
    if (content.choice) content.value = null;
    return content;
  }

  set content(content) {
    for (const input of named(this.element, `choice:${this.key}`)) input.checked = input.value === content.choice;
    if (this.kind !== "maturity") fillValue(this.element, this.key, this.kind, content.value);
    for (const field of FIELDS) {
      for (const input of named(this.element, `${field}:${this.key}`)) {
        if (input.type === "radio") input.checked = input.value === content[field];
        else input.value = content[field] ?? "";
      }
    }
    const [comment, evidence] = this.element.querySelectorAll(".item-add");
    if (content.comment) comment.open = true;
    if (content.link) evidence.open = true;
  }

  // A value and "I don't know" rule each other out.
  settle(changed) {
    if (this.kind === "maturity") return;
    if (changed.name === `choice:${this.key}`) fillValue(this.element, this.key, this.kind, null);
    else if (changed.name.startsWith(`value:${this.key}`)) {
      for (const input of named(this.element, `choice:${this.key}`)) input.checked = false;
    }
  }

  choose(value) {
    const input = [...named(this.element, `choice:${this.key}`)].find((one) => one.value === value)
      ?? [...named(this.element, `value:${this.key}`)].filter((one) => one.type === "radio")[Number(value)];
    if (!input) return;
    input.checked = true;
    input.focus({ preventScroll: true });
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  describe(content) {
    if (content.choice) {
      const input = [...named(this.element, `choice:${this.key}`)].find((one) => one.value === content.choice);
      return input?.closest("label").textContent.trim() ?? "";
    }
    if (this.kind === "maturity") return "No answer";
    const chosen = [...this.element.querySelectorAll(`[name^="${CSS.escape(`value:${this.key}`)}"]:checked`)];
    if (chosen.length) return chosen.map((input) => input.closest("label").textContent.trim()).join("; ");
    return typeof content.value === "string" && content.value ? content.value : "No answer";
  }

  say(text, saved = false) {
    const place = this.element.querySelector("[data-saved]");
    place.replaceChildren();
    if (!text) return;
    const state = document.createElement("span");
    state.className = saved ? "state state-saved" : "second";
    if (saved) state.append(this.element.ownerDocument.createTextNode("✓ "));
    state.append(text);
    place.append(state);
  }

  refuse(text) {
    const place = this.element.querySelector("[data-error]");
    place.hidden = !text;
    place.querySelector("[data-error-text]").textContent = text;
  }

  conflict(theirs, mine, choose) {
    this.element.querySelector(".conflict")?.remove();
    const part = document.getElementById("conflict-template").content.cloneNode(true);
    for (const when of part.querySelectorAll("[data-when]")) when.textContent = theirs.saved;
    part.querySelector("[data-theirs]").textContent = theirs.text;
    part.querySelector("[data-theirs-comment]").textContent = theirs.comment;
    part.querySelector("[data-mine]").textContent = this.describe(mine);
    part.querySelector("[data-mine-comment]").textContent = mine.comment;
    for (const button of part.querySelectorAll("[data-keep]")) {
      button.addEventListener("click", () => {
        this.element.querySelector(".conflict")?.remove();
        choose(button.dataset.keep);
      });
    }
    this.element.querySelector("[data-answer]").before(part);
  }
}
