"use strict";
// Tables marked sortable are ordered by a click on a column's head: in the report, and in the console.
function sortable(table) {
  const headers = [...table.querySelectorAll("thead th")];
  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    const shown = cell.dataset.v ?? cell.textContent.trim();
    const number = Number(shown.replaceAll(",", ""));
    return shown === "" || Number.isNaN(number) ? shown : number;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const now = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      headers.forEach((each) => each.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", now);
      const rows = [...body.rows].sort((a, b) => compare(value(a, column), value(b, column)));
      if (now === "descending") rows.reverse();
      body.append(...rows);
    });
  });
}
document.querySelectorAll("table.sortable").forEach(sortable);
