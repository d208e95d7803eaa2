// Comforts on pages that are whole without them: keys, the brush, what belongs together.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const live = document.getElementById("live");

// keys: what a page can do is marked in it (data-key), and the overlay lists it from there
const dialog = document.getElementById("overlay");
const on = document.body.dataset.shortcuts === "on";
const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]");
let lead = "";

function bound() {
  const found = new Map();
  all("[data-key]").forEach((each) => found.has(each.dataset.key) || found.set(each.dataset.key, each));
  return found;
}

function rows() {
  return all("[data-row]").filter((row) => row.offsetParent !== null);
}

function step(by) {
  const list = rows();
  if (!list.length) return;
  const at = list.findIndex((row) => row.contains(document.activeElement));
  const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by))];
  const target = next.querySelector("a, button, blockquote, summary") ?? next;
  if (target === next) next.tabIndex = -1;
  target.focus();
  next.scrollIntoView({ block: "nearest" });
}

// keys of a row act on the one that has the focus, the first if none has; undo on the one judged last
function ofRow(key) {
  const list = rows();
  const judged = key === "z" ? list.find((row) => row.dataset.said) : null;
  const row = judged ?? list.find((each) => each.contains(document.activeElement)) ?? list[0];
  return row?.querySelector(`[data-row-key="${key}"]`);
}

function overlay() {
  const list = dialog.querySelector("dl");
  list.replaceChildren();
  const add = (keys, what) => {
    const term = document.createElement("dt");
    keys.split(" ").forEach((key) => {
      const shown = document.createElement("kbd");
      shown.textContent = key;
      term.append(shown, " ");
    });
    const said = document.createElement("dd");
    said.textContent = what;
    list.append(term, said);
  };
  bound().forEach((each, key) => add(key, each.dataset.keyLabel ?? each.textContent.trim()));
  all("[data-focus-key]").forEach((each) => add(each.dataset.focusKey, (each.labels?.[0] ?? each).textContent.trim()));
  const ofRows = new Map(all("[data-row-key]").map((each) => [each.dataset.rowKey, each.dataset.rowKeyLabel]));
  ofRows.forEach((label, key) => add(key, label));
  if (rows().length) { add("j", "Next row"); add("k", "Row before"); }
  add("?", "These keys");
  dialog.showModal();
}

if (on) document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target) || dialog.open) return;
  const key = event.shiftKey && /^[A-Za-z]$/.test(event.key) ? `shift+${event.key.toLowerCase()}` : event.key;
  if (key === "?") { event.preventDefault(); overlay(); return; }
  const whole = lead ? `${lead} ${key}` : key;
  lead = "";
  if (key === "g" && whole === "g") { lead = "g"; setTimeout(() => { lead = ""; }, 1500); return; }
  if (whole === "j" || whole === "k") { event.preventDefault(); step(whole === "j" ? 1 : -1); return; }
  const field = all("[data-focus-key]").find((each) => each.dataset.focusKey === whole);
  if (field) { event.preventDefault(); field.type === "checkbox" ? (field.click(), field.focus()) : field.focus(); return; }
  const inRow = ofRow(whole);
  if (inRow) { event.preventDefault(); inRow.click(); return; }
  const found = bound().get(whole);
  if (found) { event.preventDefault(); found.click(); }
});
const keys = document.getElementById("keys");
if (keys && on) { keys.hidden = false; keys.addEventListener("click", overlay); }

// the brush: a part of the time, in the drawing, the table of children and the contact graph
function brush(section) {
  const start = Number(section.dataset.start), end = Number(section.dataset.end);
  const form = section.querySelector(".brush"), drawing = section.querySelector("svg[role]");
  const [from, to] = [section.querySelector("#brush-from"), section.querySelector("#brush-to")];
  const said = section.querySelector("#brush-said");
  const children = all("#children tbody tr"), LEFT = 128, RIGHT = 744;
  const height = drawing.viewBox.baseVal.height;
  const veils = [0, 1].map(() => {
    const veil = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    veil.setAttribute("class", "veil");
    veil.setAttribute("height", height);
    drawing.append(veil);
    return veil;
  });
  const moment = (value) => start + (end - start) * value / 1000;
  const day = (micros) => new Date(micros / 1000).toISOString().slice(0, 10);
  const place = (value) => LEFT + (RIGHT - LEFT) * value / 1000;
  let later = 0;
  const apply = () => {
    const [a, b] = [Number(from.value), Number(to.value)].sort((x, y) => x - y);
    veils[0].setAttribute("x", LEFT - 4);
    veils[0].setAttribute("width", Math.max(0, place(a) - LEFT + (a ? 4 : 0)));
    veils[1].setAttribute("x", place(b));
    veils[1].setAttribute("width", Math.max(0, RIGHT - place(b) + (b < 1000 ? 4 : 0)));
    const [low, high] = [moment(a), moment(b)];
    const inside = new Set();
    children.forEach((row) => {
      const at = Number(row.dataset.at);
      row.hidden = !(at >= low && at <= high);
      if (!row.hidden) inside.add(row.id.slice(6));
    });
    all("[data-n]").forEach((each) => each.classList.toggle("faded", !inside.has(each.dataset.n)));
    all("[data-a]").forEach((each) => each.classList.toggle("faded", !(inside.has(each.dataset.a) && inside.has(each.dataset.b))));
    said.textContent = `${day(low)} to ${day(high)}: ${inside.size} of ${children.length} children first contacted`;
    from.setAttribute("aria-valuetext", day(low));
    to.setAttribute("aria-valuetext", day(high));
    clearTimeout(later);
    later = setTimeout(() => { live.textContent = a > 0 || b < 1000 ? said.textContent : ""; }, 500);
  };
  const at = (event) => {
    const box = drawing.getBoundingClientRect();
    const x = (event.clientX - box.left) * 760 / box.width;
    return Math.round(Math.max(0, Math.min(1000, 1000 * (x - LEFT) / (RIGHT - LEFT))));
  };
  let began = null;
  drawing.addEventListener("pointerdown", (event) => { began = at(event); drawing.setPointerCapture(event.pointerId); });
  drawing.addEventListener("pointermove", (event) => {
    if (began === null || Math.abs(at(event) - began) < 5) return;
    [from.value, to.value] = [Math.min(began, at(event)), Math.max(began, at(event))];
    apply();
  });
  drawing.addEventListener("pointerup", () => { began = null; });
  [from, to].forEach((each) => each.addEventListener("input", apply));
  section.querySelector("#brush-all").addEventListener("click", () => { [from.value, to.value] = [0, 1000]; apply(); });
  form.hidden = false;
  apply();
}
all(".brushed").forEach(brush);

// the graph: pointing at a child shows its line; a click leads to its row
const graph = document.querySelector(".graph svg[role]");
graph?.addEventListener("pointerover", (event) => {
  const node = event.target.closest(".node");
  all(".near", graph).forEach((each) => each.classList.remove("near"));
  if (node) all(`[data-n="${node.dataset.n}"]`, graph).forEach((each) => each.classList.add("near"));
});
graph?.addEventListener("click", (event) => {
  const node = event.target.closest(".node");
  const row = node && document.getElementById(`child-${node.dataset.n}`);
  row?.querySelector("a").focus();
  row?.scrollIntoView({ block: "center" });
});

// somebody was judged: it is said aloud, and the next takes the focus
document.addEventListener("htmx:after:swap", () => {
  const row = document.querySelector("tr[data-said]:not([data-heard])");
  if (!row) return;
  all("tr[data-heard]").forEach((each) => { delete each.dataset.said; delete each.dataset.heard; });
  row.dataset.heard = "";
  live.textContent = `${row.dataset.said} z undoes it.`;
  const list = rows();
  const next = list[list.indexOf(row) + 1] ?? row;
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
});

// a message that was shown takes the focus, so that the keyboard goes on from there
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement === document.body) document.querySelector(".just-shown")?.focus();
});

const guess = document.getElementById("guess-zone");
if (guess) {
  guess.hidden = false;
  guess.addEventListener("click", () => {
    document.getElementById("own-zone").value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  });
}
