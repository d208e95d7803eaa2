"use strict";
// Comforts only: theme, filter, opening what is linked or printed. Nothing is stored.
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function theme() {
  const button = document.getElementById("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
  });
  prefersDark.addEventListener("change", show);
  show();
}

function filter() {
  const table = document.getElementById("ranked-table");
  if (!table) return;
  const text = document.getElementById("filter-text");
  const band = document.getElementById("filter-band");
  const count = document.getElementById("filter-count");
  const rows = all("tbody tr", table);
  const found = rows.map((row) => row.querySelector("th").textContent.toLowerCase());
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !(found[at].includes(wanted) && (!band.value || row.dataset.band === band.value));
      shown += !row.hidden;
    });
    count.textContent = `${shown} of ${rows.length} shown`;
  };
  document.querySelector(".filter").hidden = false;
  text.addEventListener("input", apply);
  band.addEventListener("change", apply);
  apply();
}

function openLinked() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches("details.account")) target.open = true;
}

// On paper a closed section cannot be opened. Messages stay as they are: masked.
let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details.account:not([open]), details.plain:not([open])");
  closed.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
addEventListener("hashchange", openLinked);
theme();
filter();
openLinked();
