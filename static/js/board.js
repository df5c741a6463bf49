// Cards are dragged to a place; the buttons on each card do the same without a mouse.
const board = document.querySelector("[data-board]");
const token = board.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
let dragged = null;

for (const card of board.querySelectorAll("[data-card]")) {
  card.draggable = true;
  card.addEventListener("dragstart", (event) => {
    dragged = card;
    card.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.card);
  });
  card.addEventListener("dragend", () => {
    dragged = null;
    for (const marked of board.querySelectorAll(".is-dragged, .is-target")) {
      marked.classList.remove("is-dragged", "is-target");
    }
  });
}

for (const column of board.querySelectorAll("[data-column]")) {
  column.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    for (const marked of board.querySelectorAll(".is-target")) marked.classList.remove("is-target");
    event.target.closest("[data-card]")?.classList.add("is-target");
  });
  column.addEventListener("drop", async (event) => {
    if (!dragged) return;
    event.preventDefault();
    const before = event.target.closest("[data-card]");
    if (before === dragged) return;
    const body = new URLSearchParams({
      column: column.dataset.column,
      left: dragged.closest("[data-column]").dataset.column,
      before: before?.dataset.card ?? "",
    });
    const headers = { "X-CSRFToken": token, "HX-Request": "true" };
    try {
      await fetch(dragged.dataset.move, { method: "POST", body, headers });
    } finally {
      // The server has the last word on where the card stands.
      location.reload();
    }
  });
}
