// Tables that sort by a click on a heading, and go out as CSV.

import { announce, h, replace } from "./dom.js";
import { numeric, valued } from "./format.js";
import { icon } from "./icons.js";

const LONG = 44;
const MOST_ROWS = 12;
const FIRST_ROWS = 8;

/** A table out of values: columns `{name, unit}`; numbers are written by their unit. */
export function valueTable(columns, rows, title) {
  const figures = columns.map((column, i) => rows.every((r) => r[i] === null || typeof r[i] === "number"));
  const lines = rows.map((row) => row.map((value, i) => ({ nodes: [valued(value, columns[i].unit)], key: value, out: value })));
  const heads = columns.map((c, i) => ({ nodes: [c.name], align: figures[i] ? "right" : "left" }));
  return sortable(heads, lines, title);
}

/** A table out of nodes, as Markdown gives it; a cell that reads as a number sorts as one. */
export function textTable(header, align, rows) {
  const lines = rows.map((row) => row.map((nodes) => {
    const said = textOf(nodes);
    return { nodes, key: numeric(said) ?? said.toLowerCase(), out: said };
  }));
  return sortable(header.map((nodes, i) => ({ nodes, align: align[i] })), lines, "");
}

function sortable(heads, lines, title) {
  const body = h("tbody");
  const row = h("tr");
  // Rows keep their nodes when they move: figures in them have become buttons by then.
  const trs = new Map(lines.map((line) => [line, h("tr", {}, line.map((c, i) => h("td", { class: [heads[i].align, textOf(c.nodes).length > LONG && "long"] }, c.nodes)))]));
  let all = lines.length <= MOST_ROWS;
  const drawBody = (shown) => {
    shown.forEach((line, i) => { trs.get(line).hidden = !all && i >= FIRST_ROWS; });
    replace(body, shown.map((line) => trs.get(line)));
  };
  const order = { column: null, down: false };
  heads.forEach((head, i) => {
    const button = h("button", { type: "button", class: "sort", on: { click: () => sort(i) } }, head.nodes, icon("down", 13));
    row.append(h("th", { scope: "col", class: head.align }, lines.length > 1 ? button : head.nodes));
  });
  function sort(column) {
    order.down = order.column === column ? !order.down : heads[column].align === "right";
    order.column = column;
    const sorted = [...lines].sort((a, b) => compare(a[column].key, b[column].key) * (order.down ? -1 : 1));
    drawBody(sorted);
    [...row.children].forEach((th, i) => (i === column ? th.setAttribute("aria-sort", order.down ? "descending" : "ascending") : th.removeAttribute("aria-sort")));
    announce(`sorted by ${textOf(heads[column].nodes)}, ${order.down ? "descending" : "ascending"}`);
  }
  drawBody(lines);
  const csv = () => save(csvOf([heads.map((c) => textOf(c.nodes)), ...lines.map((l) => l.map((c) => c.out))]), `${title || "table"}.csv`, "text/csv");
  const foot = h("div", { class: "table-foot" }, h("button", { type: "button", class: "quiet small", on: { click: csv } }, icon("download", 15), "CSV"));
  const more = h("button", { type: "button", class: "quiet small", on: { click: unfold } }, icon("down", 15), `Show all ${lines.length} rows`);
  if (!all) foot.prepend(more);
  function unfold() {
    all = true;
    more.remove();
    for (const tr of body.rows) tr.hidden = false;
  }
  const table = h("table", {}, title ? h("caption", { class: "unseen" }, title) : null, h("thead", {}, row), body);
  return h("div", { class: "tabled" }, h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": title || "Table" }, table), foot);
}

/** Nothing sorts last, numbers before text. */
function compare(a, b) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
}

function textOf(nodes) {
  return nodes.map((n) => (n instanceof Node ? n.textContent : String(n))).join("");
}

/** Rows as CSV; text that a spreadsheet would take for a formula is marked as text. */
function csvOf(rows) {
  const cell = (value) => {
    const said = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(said) && numeric(said) === null ? `'${said}` : said;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Hand a text to the person as a file. */
function save(content, name, type) {
  const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  const anchor = h("a", { href: address, download: name.replace(/[^\w.-]+/g, "-") });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
