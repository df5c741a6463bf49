// Shows only the fields of the chosen kind. Without scripts all are there, and the server keeps what the kind has.

const form = document.querySelector("#criterion-form");
const kind = form?.querySelector('select[name$=".kind"]');
if (kind) {
  const follow = () => {
    for (const group of form.querySelectorAll("[data-kinds]")) {
      group.hidden = Boolean(kind.value) && !group.dataset.kinds.split(" ").includes(kind.value);
    }
  };
  kind.addEventListener("change", follow);
  follow();
}
