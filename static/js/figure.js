// "Explore" puts Plotly in the drawing's place: loaded only then, colored by the page's tokens, and taken away again.

const source = document.querySelector("meta[name='plotly-source']");
let library = null;

function load() {
  library ??= new Promise((done, failed) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = source.dataset.css;
    // With this id and class Plotly leaves its own style element out, which the page's policy would refuse.
    sheet.id = "plotly.js-style-global";
    sheet.className = "no-inline-styles";
    const script = document.createElement("script");
    script.src = source.content;
    script.onerror = () => { library = null; failed(new Error("not loaded")); };
    script.onload = () => done(window.Plotly);
    document.head.append(sheet, script);
  });
  return library;
}

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Colors come as names of tokens; everything else stays as it is.
function colored(value, key = "") {
  if (typeof value === "string" && (key === "color" || key === "colorscale")) return token(value) || value;
  if (Array.isArray(value)) return value.map((part) => colored(part, key));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, colored(part, name)]));
  }
  return value;
}

function themed(layout) {
  const axis = { gridcolor: token("hair"), linecolor: token("hair"), zerolinecolor: token("hair") };
  const axes = Object.fromEntries(
    Object.entries(layout).filter(([name]) => /^[xy]axis/.test(name)).map(([name, own]) => [name, { ...axis, ...own }]),
  );
  const polar = layout.polar && {
    ...layout.polar,
    bgcolor: token("paper"),
    radialaxis: { ...axis, ...layout.polar.radialaxis },
    angularaxis: { ...axis, ...layout.polar.angularaxis },
  };
  return {
    xaxis: axis,
    yaxis: axis,
    ...layout,
    ...axes,
    ...(polar ? { polar } : {}),
    paper_bgcolor: token("paper"),
    plot_bgcolor: token("paper"),
    font: { family: "IBM Plex Sans, system-ui, sans-serif", size: 12.5, color: token("ink2") },
    hoverlabel: { bgcolor: token("ink"), font: { color: token("on-ink") } },
  };
}

async function explore(button) {
  const figure = button.closest("[data-figure]");
  const still = figure.querySelector(".figure-still");
  const shown = figure.querySelector(".figure-live");
  if (shown) {
    window.Plotly.purge(shown);
    shown.remove();
    still.hidden = false;
    button.textContent = "Explore";
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const [plotly, answer] = await Promise.all([load(), fetch(button.dataset.live, { credentials: "same-origin" })]);
    if (!answer.ok) throw new Error(String(answer.status));
    const made = colored(await answer.json());
    const place = document.createElement("div");
    place.className = "figure-live";
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", made.label);
    still.after(place);
    await plotly.newPlot(place, made.data, themed(made.layout), {
      responsive: true,
      displaylogo: false,
      // Nothing of a figure may leave for a service elsewhere.
      showSendToCloud: false,
      plotlyServerURL: "",
    });
    still.hidden = true;
    button.textContent = "Back to the drawing";
  } catch {
    button.textContent = "Could not be loaded; try again";
  } finally {
    button.removeAttribute("aria-busy");
  }
}

if (source) {
  for (const button of document.querySelectorAll("[data-live]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-live]");
    if (button) explore(button);
  });
}
