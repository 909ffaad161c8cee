// What the page does. All texts are put in by textContent, as options or by DataTables' text renderer: none is read as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const dark = matchMedia("(prefers-color-scheme: dark)");
const percent = (share) => `${Math.round(100 * share)} %`;

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

function offer(select, options, wanted = select.value) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = options.some(([value]) => value === wanted) ? wanted : options[0]?.[0] ?? "";
}

// Charts

const views = {};

function theme() {
  const style = getComputedStyle(document.documentElement);
  const [text, line] = ["--text", "--line"].map((name) => style.getPropertyValue(name).trim());
  return {
    background: "transparent",
    font: "system-ui, sans-serif",
    view: { stroke: line },
    axis: { labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line, gridOpacity: 0.5, labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal" },
    legend: { labelColor: text, titleColor: text, labelFontSize: 12 },
    title: { color: text },
  };
}

// A chart with its data, which Vega-Lite would warn of if they came later.
async function draw(place, datasets) {
  views[place]?.finalize();
  const chart = structuredClone(data.charts[place]);
  // A layer without rows has no axis to stand on.
  if (chart.layer) chart.layer = chart.layer.filter((layer) => datasets[layer.data.name].length);
  const { legend, ...others } = theme();
  chart.config = { ...chart.config, ...others, legend: { ...chart.config.legend, ...legend } };
  const { view } = await vegaEmbed(at(place), { ...chart, datasets }, { actions: false, renderer: "svg" });
  views[place] = view;
  return view;
}

// Curves

const CURVES = ["geometry-epoch", "geometry-error", "errors-epoch", "errors-error"];
const NAMES = data.names;
const PARTS = ["dataset", "network", "optimizer", "removed"];

// The choices that agree with what is chosen in the parts before one.
function agreeing(number) {
  return data.choices.filter((choice) => PARTS.slice(0, number).every((part) => choice[part] === at(part).value));
}

function offerParts() {
  PARTS.forEach((part, number) => {
    const values = [...new Set(agreeing(number).map((choice) => choice[part]))];
    offer(at(part), values.map((value) => [value, data.called[part][value]]));
  });
  const [choice] = agreeing(PARTS.length);
  offer(at("run"), [["", "all"], ...(choice?.runs ?? []).map(({ run }) => [run, run])], "");
}

function rowsOf({ runs }) {
  const rows = runs.flatMap(({ run, values }) =>
    Object.entries(values).flatMap(([column, series]) =>
      data.epochs.flatMap((epoch, k) =>
        series[k] === null ? [] : [{ run, epoch, error: values.train_error[k], name: NAMES[column], value: series[k] }],
      ),
    ),
  );
  const stars = runs.flatMap(({ run, star }) => (star ? [{ run, epoch: star[0], error: star[1] }] : []));
  return { rows, stars };
}

function singleOut(run) {
  for (const place of CURVES) views[place]?.signal("seed", run).runAsync();
}

async function drawChosen() {
  const [choice] = agreeing(PARTS.length);
  at("curves-note").textContent = "This study has no runs to draw.";
  if (!choice) return;
  const sets = rowsOf(choice);
  for (const place of CURVES) {
    const view = await draw(place, sets);
    view.addSignalListener("hover", (_, hovered) => singleOut(hovered.run?.[0] ?? at("run").value));
  }
  const found = sets.stars.length, more = choice.left_out ? `; ${choice.left_out} more are in the tables` : "";
  at("curves-note").textContent = `${choice.runs.length} runs, ${found} with an inversion${more}.`;
  singleOut(at("run").value);
}

// One after the other, however fast choices follow each other.
let drawing = Promise.resolve();

function drawCurves() {
  drawing = drawing.then(drawChosen);
  return drawing;
}

offerParts();
for (const part of PARTS)
  at(part).addEventListener("change", () => {
    offerParts();
    drawCurves();
  });
at("run").addEventListener("change", () => singleOut(at("run").value));

// Stragglers

const gallery = () => data.galleries[at("gallery").value];

function offerClasses() {
  const classes = [...new Set((gallery()?.samples ?? []).map((sample) => sample.class))];
  classes.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  offer(at("class"), [["", "all"], ...classes.map((name) => [name, name])], "");
  const kinds = new Set((gallery()?.samples ?? []).map((sample) => sample.kind));
  offer(at("kind"), Object.entries(KINDS).filter(([kind]) => kinds.has(kind)));
}

const KINDS = { straggler: "stragglers", typical: "typical points", late: "last learned" };
const summary = (sample) => (sample.kind === "straggler" ? percent(sample.rate) : KINDS[sample.kind]);

function tile(sample) {
  const text = `class ${sample.class} · ${summary(sample)}`;
  const button = element("button", { type: "button", title: sample.source });
  if (sample.image) button.append(element("img", { src: sample.image, alt: sample.source }));
  button.append(sample.image ? text : `${sample.source}, ${text}`);
  for (const [name, value, , sigma] of (sample.features ?? []).slice(0, 3))
    button.append(element("br"), `${name} = ${value} (${sigma > 0 ? "+" : ""}${sigma}σ)`);
  button.addEventListener("click", () => openSample(sample));
  return element("li", {}, button);
}

function drawGallery() {
  const least = Number(at("rate").value), kind = at("kind").value, name = at("class").value;
  const samples = (gallery()?.samples ?? []).filter(
    (sample) => sample.kind === kind && (!name || sample.class === name) && (kind !== "straggler" || sample.rate >= least),
  );
  at("rate-shown").textContent = percent(least);
  for (const control of document.querySelectorAll(".of-samples")) control.hidden = !gallery()?.samples.length;
  at("samples").classList.toggle("vectors", samples.some((sample) => sample.features));
  at("samples").replaceChildren(...samples.map(tile));
  const none = "No run of the reference network has an inversion here, so there are no stragglers.";
  at("rate").parentElement.hidden = kind !== "straggler";
  at("gallery-note").textContent = gallery()?.n_runs
    ? `${samples.length} samples, from ${gallery().n_runs} runs with an inversion.`
    : none + (samples.length ? ` Here are ${samples.length} samples that the runs learn last.` : "");
}

// (epochs, runs), a bit each
function wrongAt(sample, { epochs, runs }) {
  const packed = bytes(sample.wrong);
  const bit = (place) => (packed[place >> 3] >> (7 - (place & 7))) & 1;
  return epochs.map((_, t) => runs.map((_, run) => bit(t * runs.length + run)));
}

function historyOf(sample, { epochs, runs, turns }) {
  const wrong = wrongAt(sample, { epochs, runs });
  const until = (t) => epochs[t + 1] ?? epochs[t] * (epochs[t] / (epochs[t - 1] ?? epochs[t] / 2));
  return {
    share: epochs.map((epoch, t) => ({ epoch, share: wrong[t].reduce((sum, one) => sum + one, 0) / (runs.length || 1) })),
    history: epochs.flatMap((epoch, t) =>
      runs.map((run, k) => ({ epoch, until: until(t), run, state: wrong[t][k] ? "wrong" : "right" })),
    ),
    turns: runs.flatMap((run, k) => (turns[k] === null ? [] : [{ run, epoch: turns[k] }])),
  };
}

function listFeatures({ features, n_features }) {
  const heads = ["feature", "value", "σ from all", "σ from its class"].map((text) => element("th", { scope: "col", textContent: text }));
  const rows = features.map((row) => element("tr", {}, ...row.map((value) => element("td", { textContent: value ?? "–" }))));
  const table = element("table", { className: "plain" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  const note = features.length < n_features ? `The ${features.length} of ${n_features} features that are furthest from its class.` : "";
  return [element("p", { textContent: note }), table];
}

let opened = null;

async function openSample(sample) {
  opened = sample;
  const { n_runs, runs } = gallery();
  at("sample-title").textContent = `${sample.source}, class ${sample.class}`;
  at("portrait").replaceChildren(...(sample.image ? [element("img", { src: sample.image, alt: "" })] : []));
  const says = n_runs ? `${Math.round(sample.rate * n_runs)} of ${n_runs} runs get it wrong at their inversion (black marks). ` : "";
  at("sample-says").textContent = `${says}Below, the share of ${runs.length} runs that get it wrong, then run by run.`;
  at("sample-features").replaceChildren(...(sample.features ? listFeatures(sample) : []));
  if (!at("sample").open) at("sample").showModal();
  const { share, ...single } = historyOf(sample, gallery());
  await draw("history-share", { share });
  await draw("history-runs", single);
}

offer(at("gallery"), data.galleries.map(({ title }, number) => [String(number), title]));
offerClasses();
at("gallery").addEventListener("change", () => {
  offerClasses();
  drawGallery();
});
for (const id of ["class", "kind", "rate"]) at(id).addEventListener("input", drawGallery);
at("sample").addEventListener("close", () => (opened = null));
drawGallery();

// Tables

async function loadTables() {
  document.head.append(element("style", { textContent: new TextDecoder().decode(bytes(at("datatables-css").textContent)) }));
  const url = URL.createObjectURL(new Blob([bytes(at("datatables-js").textContent)], { type: "text/javascript" }));
  try {
    const library = await import(url);
    library.set_or_remove_dark_class();
    return library;
  } finally {
    URL.revokeObjectURL(url);
  }
}

let loaded = null;
const FEW = 12;

// How to filter by a column: one of its values where these are few, bounds of numbers, else a text to contain.
// Gives a control with its label, and what a value must meet, or null where the control asks for nothing.
function filterOf(title, values) {
  const known = [...new Set(values)].sort((a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en")));
  if (known.length < 2) return null;
  if (known.length <= FEW) {
    const options = [new Option("all", ""), ...known.map((value, number) => new Option(value ?? "(none)", number))];
    const select = element("select", {}, ...options);
    const meets = () => (select.value === "" ? null : (value) => value === known[select.value]);
    return { control: element("label", {}, title, select), meets };
  }
  const numbers = known.filter((value) => value !== null);
  if (numbers.every((value) => typeof value === "number")) {
    const bound = (word, value) => element("input", { type: "number", step: "any", ariaLabel: `${title} ${word}`, placeholder: value });
    const least = bound("at least", Math.min(...numbers)), most = bound("at most", Math.max(...numbers));
    const meets = () => {
      if (least.value === "" && most.value === "") return null;
      const [low, high] = [least, most].map(({ value, valueAsNumber }, side) => (value === "" ? [-Infinity, Infinity][side] : valueAsNumber));
      return (value) => value !== null && low <= value && value <= high;
    };
    return { control: element("fieldset", {}, element("legend", { textContent: title }), least, most), meets };
  }
  const input = element("input", { type: "search", placeholder: "contains" });
  const meets = () => {
    const wanted = input.value.toLowerCase();
    return wanted === "" ? null : (value) => String(value ?? "").toLowerCase().includes(wanted);
  };
  return { control: element("label", {}, title, input), meets };
}

// Above the table, where they have room on a telephone, too. What they ask for is DataTables' to search.
function filtersOf(table, { columns, rows }) {
  const form = element("form", { ariaLabel: "Filter by column" });
  const summary = element("summary", { textContent: "Filter by column" });
  columns.forEach((title, column) => {
    const filter = filterOf(title, rows.map((row) => row[column]));
    if (!filter) return;
    const apply = () => {
      const meets = filter.meets();
      table.column(column).search.fixed("column", meets && ((_, row) => meets(row[column]))).draw();
    };
    filter.control.dataset.column = title;
    filter.control.addEventListener("input", apply);
    // Its controls are empty only after the event.
    form.addEventListener("reset", () => setTimeout(apply));
    form.append(filter.control);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(element("button", { type: "reset", textContent: "Show all rows" }));
  return element("details", { className: "filters" }, summary, form);
}

async function fill(place, sheet) {
  const { name, columns, rows } = sheet;
  loaded ??= loadTables();
  const { default: DataTable } = await loaded;
  const table = element("table", { className: "display compact" });
  place.append(table);
  const made = new DataTable(table, {
    data: rows,
    columns: columns.map((title) => ({ title, render: DataTable.render.text() })),
    order: [],
    pageLength: 10,
    layout: {
      topStart: {
        buttons: [
          {
            extend: "csvHtml5",
            text: "Download CSV",
            filename: name,
            charset: "utf-8",
            bom: true,
            footer: false,
            // As they are: what a spreadsheet would evaluate is inert already.
            exportOptions: { escapeExcelFormula: false, trim: false },
          },
        ],
      },
    },
  });
  place.prepend(filtersOf(made, sheet));
}

for (const sheet of data.sheets) {
  const place = element("div", { className: "sheet", tabIndex: 0 });
  const rest = sheet.n_rows > sheet.rows.length ? `, the first ${sheet.rows.length} here` : "";
  const heading = element("summary", {}, `${sheet.title} `, element("small", { textContent: `${sheet.n_rows} rows${rest}` }));
  const details = element("details", { id: `sheet-${sheet.name}` }, heading, place);
  details.addEventListener("toggle", () => fill(place, sheet), { once: true });
  at("sheets").append(details);
}

// A link to a table opens it.
function openLinked() {
  const linked = at(location.hash.slice(1));
  if (linked?.matches("#sheets details")) linked.open = true;
}
addEventListener("hashchange", openLinked);
openLinked();

// Colours follow the browser's.
dark.addEventListener("change", async () => {
  await drawCurves();
  if (opened) await openSample(opened);
  if (loaded) (await loaded).set_or_remove_dark_class();
});
await drawCurves();
document.documentElement.dataset.ready = "yes";
