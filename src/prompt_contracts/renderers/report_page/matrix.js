"use strict";
// Filters, search and order of the matrix. The page says everything without this script; the script only shows less of it.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const index = JSON.parse(one("#index").textContent);
const matrix = one("#matrix .matrix");
const tools = one("#matrix .tools");
const links = new Map(all("#matrix td a").map((link) => [Number(link.dataset.n), link]));
const numbers = new Map(index.cells.map((cell, place) => [cell.id, place + 1]));
const rows = all("#matrix tr.case").map((element, place) => ({
  element,
  place,
  home: element.parentElement,
  name: one("b", element).textContent,
  cells: all("td a", element).map((link) => Number(link.dataset.n)),
}));
const FRESH = { filter: "all", tag: "", q: "", sort: "file", cell: "", beside: "" };
let state = { ...FRESH };

const isBad = (cell) => cell.standing === "failed" || cell.standing === "kept";
const isChosen = {
  all: () => true,
  failed: (cell) => isBad(cell),
  expected: (cell) => cell.standing === "expected",
  error: (cell) => cell.verdict === "error",
  flaky: (cell) => cell.flaky,
  changed: (cell) => cell.change !== null,
};
const ORDERS = {
  file: (row) => row.place,
  name: (row) => row.name,
  broken: (row) => -sum(row, (cell) => (isBad(cell) ? 1000 : cell.verdict === "error" ? 1 : 0)),
  cost: (row) => -sum(row, (cell) => cell.dollars ?? 0),
  latency: (row) => -Math.max(0, ...row.cells.map((number) => index.cells[number - 1].seconds ?? 0)),
};
const sum = (row, amount) => row.cells.reduce((total, number) => total + amount(index.cells[number - 1]), 0);

function readState() {
  const read = { ...FRESH };
  const plain = /^#cell-(\d+)$/.exec(location.hash);
  if (plain && index.cells[plain[1] - 1]) return { ...read, cell: index.cells[plain[1] - 1].id };
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (name in FRESH) read[name] = value;
  if (!(read.filter in isChosen)) read.filter = FRESH.filter;
  if (!(read.sort in ORDERS)) read.sort = FRESH.sort;
  if (!numbers.has(read.cell)) read.cell = read.beside = "";
  if (!numbers.has(read.beside)) read.beside = "";
  return read;
}

function writeState(isStep) {
  const told = new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== FRESH[name]));
  const text = told.toString();
  const address = text ? "#" + text : "#matrix";
  if (address === location.hash || (!text && !location.hash)) return;
  history[isStep ? "pushState" : "replaceState"](null, "", address);
}

function change(changes, isStep = false) {
  state = { ...state, ...changes };
  writeState(isStep);
  show();
}

function show() {
  showMatrix();
  showDrawer();
}

let told = null;
function showMatrix() {
  const wanted = [state.filter, state.tag, state.q, state.sort].join("\n");
  if (!tools || wanted === told) return;
  told = wanted;
  const terms = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const tag = state.tag ? index.tags.indexOf(state.tag) : null;
  const isWanted = isChosen[state.filter];
  const shown = index.cells.map(
    (cell) => isWanted(cell) && (tag === null || cell.tags.includes(tag)) && terms.every((term) => cell.words.includes(term)),
  );
  let cells = 0;
  let cases = 0;
  for (const row of rows) {
    const found = row.cells.filter((number) => shown[number - 1]).length;
    row.element.hidden = !found;
    if (!found) continue;
    cells += found;
    cases += 1;
    for (const number of row.cells) links.get(number).classList.toggle("dim", !shown[number - 1]);
  }
  order();
  const isFlat = state.sort !== "file";
  for (const file of all("#matrix tr.file")) {
    file.hidden = isFlat || !rows.some((row) => row.home === file.parentElement && !row.element.hidden);
  }
  one(".nothing", matrix).hidden = cells > 0;
  one("output", tools).textContent = `${cells} of ${index.cells.length} cells, ${cases} case${cases === 1 ? "" : "s"}`;
  for (const button of all("[data-filter]", tools)) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === state.filter));
  }
  tools.elements.sort.value = state.sort;
  if (tools.elements.tag) tools.elements.tag.value = state.tag;
  if (tools.elements.q.value !== state.q) tools.elements.q.value = state.q;
  keepOneStop();
}

let ordered = "file";
function order() {
  if (state.sort === ordered) return;
  ordered = state.sort;
  matrix.classList.toggle("flat", state.sort !== "file");
  const key = new Map(rows.map((row) => [row, ORDERS[state.sort](row)]));
  const compare = (a, b) => (key.get(a) < key.get(b) ? -1 : key.get(a) > key.get(b) ? 1 : a.place - b.place);
  const flat = rows[0].home;
  for (const row of [...rows].sort(compare)) (state.sort === "file" ? row.home : flat).append(row.element);
}

// The cells that are shown, line by line: what the arrow keys walk on.
function grid() {
  return all("#matrix tr.case").filter((row) => !row.hidden).map((row) => all("td", row).map((field) => one("a", field)));
}

function keepOneStop() {
  const lines = grid();
  const current = lines.flat().find((link) => link && link.tabIndex === 0 && link.dataset.stop);
  const chosen = current ?? lines.flat().find(Boolean);
  for (const link of links.values()) {
    link.tabIndex = -1;
    delete link.dataset.stop;
  }
  if (chosen) stopAt(chosen);
}

function stopAt(link) {
  for (const other of all("#matrix a[data-stop]")) {
    other.tabIndex = -1;
    delete other.dataset.stop;
  }
  link.tabIndex = 0;
  link.dataset.stop = "here";
}

if (tools) {
  tools.hidden = false;
  for (const button of all("[data-filter]", tools)) {
    const count = index.cells.filter(isChosen[button.dataset.filter]).length;
    one("span", button).textContent = count;
    button.hidden = count === 0 && button.dataset.filter !== "all" && button.dataset.filter !== "failed";
    button.addEventListener("click", () => change({ filter: button.dataset.filter }));
  }
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.elements.q.addEventListener("input", (event) => change({ q: event.target.value }));
  tools.elements.sort.addEventListener("change", (event) => change({ sort: event.target.value }));
  tools.elements.tag?.addEventListener("change", (event) => change({ tag: event.target.value }));
  one("[data-clear]", matrix).addEventListener("click", () => change({ filter: "all", tag: "", q: "" }));
}
