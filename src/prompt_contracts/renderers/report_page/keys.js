// The keyboard, and the address of the page.
const help = one("#help");

function step(down) {
  move(down, 0, links.get(numbers.get(state.cell)));
}

// From one cell to another that is shown; gaps in a line are passed over.
function move(down, right, from) {
  const lines = grid();
  let line = lines.findIndex((each) => each.includes(from));
  if (line < 0) return go(lines.flat().find(Boolean));
  let column = lines[line].indexOf(from);
  do {
    line += down;
    column += right;
  } while (lines[line] && column >= 0 && column < lines[line].length && !lines[line][column]);
  go(lines[line]?.[column]);
}

function go(link) {
  if (!link) return;
  if (state.cell) {
    change({ cell: index.cells[link.dataset.n - 1].id, beside: "" });
    one(".panes", drawer).scrollTop = 0;
  }
  if (!state.cell || !drawer.contains(document.activeElement)) link.focus();
  else one(".pane h3", drawer).focus({ preventScroll: true });
}

const MOVES = { j: [1, 0], k: [-1, 0], ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

function current() {
  return links.get(numbers.get(state.cell)) ?? one("#matrix a[data-stop]");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !tools || help.open) return;
  const place = event.target;
  const isTyping = place.matches?.("input, select, textarea");
  if (event.key === "Escape") {
    if (isTyping && place === tools.elements.q && state.q) change({ q: "" });
    else if (state.cell) close();
    else place.blur?.();
  } else if (isTyping) {
    return;
  } else if (event.key === "/") {
    tools.elements.q.focus();
    tools.elements.q.select();
  } else if (event.key === "?") {
    help.showModal();
  } else if (event.key === "Enter" && event.shiftKey && place.matches?.("#matrix td a")) {
    open(Number(place.dataset.n), true);
  } else if (event.key in MOVES && (event.key.length === 1 || place.closest?.("#matrix td"))) {
    const isFirst = event.key.length === 1 && !state.cell && !place.closest?.("#matrix td");
    if (isFirst) current()?.focus();
    else move(...MOVES[event.key], place.closest?.("#matrix td") ? place : current());
  } else {
    return;
  }
  event.preventDefault();
});

all("[data-help]").forEach((button) => button.addEventListener("click", () => help.showModal()));
function readAddress() {
  state = readState();
  show();
}
addEventListener("popstate", readAddress);
addEventListener("hashchange", readAddress);
readAddress();
