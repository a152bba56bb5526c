// Any JSON as something to read: facts as a list, records as a table, the rest folded.

import { h } from "./dom.js";
import { readable, valued, words } from "./format.js";
import { valueTable } from "./tables.js";

const MOST_ROWS = 200;
const DEEPEST = 6;

/** The unit that a field's name says. */
function unitOf(name) {
  if (/(?:^|_)(?:cost|usd|spend|saving|savings|budget)(?:_usd)?$/.test(name) || name.endsWith("_usd")) return "USD";
  return name.endsWith("_ms") ? "ms" : name.endsWith("_pct") ? "%" : "";
}

function isPlain(value) {
  return value === null || typeof value !== "object";
}

function isRecords(value) {
  return Array.isArray(value) && value.length > 0 && value.every((v) => v && typeof v === "object" && !Array.isArray(v) && Object.values(v).every(isPlain));
}

/** `name` says what the value is, for its unit and its table's title. */
export function shown(value, name = "", depth = 0) {
  if (isPlain(value)) return h("span", { class: "plain" }, typeof value === "number" ? valued(value, unitOf(name)) : value === null ? "none" : value === "" ? "empty" : readable(String(value)));
  if (Array.isArray(value) && value.every(isPlain)) return h("span", { class: "plain" }, value.length ? value.map((v) => (typeof v === "number" ? valued(v, unitOf(name)) : readable(String(v)))).join(", ") : "none");
  if (isRecords(value)) return records(value, name);
  if (depth >= DEEPEST) return h("code", {}, JSON.stringify(value));
  const entries = Array.isArray(value) ? value.slice(0, MOST_ROWS).map((v, i) => [String(i + 1), v]) : Object.entries(value);
  return facts(entries, depth);
}

function records(rows, name) {
  const columns = [...new Set(rows.flatMap((r) => Object.keys(r)))].map((key) => ({ key, name: words(key), unit: unitOf(key) }));
  const table = valueTable(columns, rows.slice(0, MOST_ROWS).map((r) => columns.map((c) => (typeof r[c.key] === "boolean" ? String(r[c.key]) : r[c.key] ?? null))), words(name));
  return rows.length > MOST_ROWS ? h("div", {}, table, h("p", { class: "note" }, `the first ${MOST_ROWS} of ${rows.length}`)) : table;
}

/** Names and values, one below the other; what is large is folded. */
export function facts(entries, depth = 0) {
  if (!entries.length) return h("p", { class: "note" }, "none");
  return h("dl", { class: "facts" }, entries.map(([name, value]) => {
    const large = !isPlain(value) && !(Array.isArray(value) && value.every(isPlain));
    return h("div", { class: large ? "large" : "" }, h("dt", {}, words(name)), h("dd", {}, large && depth > 0 ? folded(name, value, depth) : shown(value, name, depth + 1)));
  }));
}

function folded(name, value, depth) {
  const inside = h("div");
  const draw = () => { if (!inside.firstChild) inside.append(shown(value, name, depth + 1)); };
  const total = Array.isArray(value) ? `${value.length} entries` : `${Object.keys(value).length} fields`;
  return h("details", { on: { toggle: draw } }, h("summary", {}, total), inside);
}
