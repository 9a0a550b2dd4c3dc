// The drawer: one cell, or two side by side. A cell is written in the page once, where it shows when there are no scripts.
const drawer = one("#drawer");

function article(number) {
  const parsed = new DOMParser().parseFromString(one(`#d${number}`).textContent, "text/html");
  return document.adoptNode(one("article", parsed.body));
}

function pane(number) {
  const element = document.createElement("div");
  element.className = "pane";
  element.append(article(number));
  for (const command of all(".command", element)) command.append(copyButton(one("code", command)));
  return element;
}

function copyButton(code) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.addEventListener("click", async () => {
    button.textContent = (await copied(code)) ? "copied" : "not copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
  return button;
}

async function copied(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

let opened = "";
function showDrawer() {
  if (!drawer) return;
  const wanted = `${state.cell}\n${state.beside}`;
  if (wanted === opened) return;
  opened = wanted;
  const shown = [state.cell, state.beside].filter(Boolean).map((id) => numbers.get(id));
  drawer.hidden = !shown.length;
  document.body.classList.toggle("opened", shown.length > 0);
  drawer.classList.toggle("two", shown.length === 2);
  one(".panes", drawer).replaceChildren(...shown.map(pane));
  for (const link of all("#matrix a.open")) link.classList.remove("open");
  for (const number of shown) links.get(number).classList.add("open");
  if (!shown.length) return;
  stopAt(links.get(shown[0]));
  offerPartners(shown[0]);
  links.get(shown[0]).scrollIntoView({ block: "nearest", inline: "nearest" });
}

function offerPartners(number) {
  const select = one("select", drawer);
  const row = rows.find((each) => each.cells.includes(number));
  const near = row.cells.filter((other) => other !== number);
  const others = rows.filter((each) => each !== row && each.home === row.home).flatMap((each) => each.cells);
  const chosen = numbers.get(state.beside);
  const offered = [...near, ...others.slice(0, 200)];
  if (chosen && !offered.includes(chosen)) offered.push(chosen);
  const choice = (other) => new Option(label(other, near.includes(other)), index.cells[other - 1].id);
  select.replaceChildren(new Option("nothing", ""), ...offered.map(choice));
  select.value = state.beside;
}

function label(number, isNear) {
  const model = links.get(number).closest("td").dataset.column;
  const name = rows.find((row) => row.cells.includes(number)).name;
  return `${index.cells[number - 1].verdict}: ${isNear ? "" : name + ", "}${model}`;
}

function open(number, isBeside) {
  const id = index.cells[number - 1].id;
  const changes = isBeside && state.cell && state.cell !== id ? { beside: id } : { cell: id, beside: "" };
  change(changes, !state.cell);
  one(".pane:last-child h3", drawer).focus({ preventScroll: true });
}

function close() {
  const link = links.get(numbers.get(state.cell));
  change(state.beside ? { beside: "" } : { cell: "" });
  if (!state.cell) link?.focus();
}

if (drawer) {
  for (const link of links.values()) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      open(Number(link.dataset.n), event.shiftKey);
    });
    link.addEventListener("focus", () => stopAt(link));
  }
  one("[data-close]", drawer).addEventListener("click", close);
  one("select", drawer).addEventListener("change", (event) => change({ beside: event.target.value }));
  for (const button of all("[data-step]", drawer)) button.addEventListener("click", () => step(Number(button.dataset.step)));
}

// On paper, the cells that are shown and did not pass are told in full.
addEventListener("beforeprint", () => {
  const shown = index.cells.map((cell, place) => ({ cell, number: place + 1 })).filter(({ cell, number }) => {
    const link = links.get(number);
    return cell.standing !== "passed" && !link.classList.contains("dim") && !link.closest("tr").hidden;
  });
  one("#cells")?.append(...shown.slice(0, 100).map(({ number }) => article(number)));
});
addEventListener("afterprint", () => { for (const told of all("#cells > article")) told.remove(); });
