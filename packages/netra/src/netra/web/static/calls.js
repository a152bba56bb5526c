// One tool call in full: what it was asked, what it gave, and the queries it made.

import { h } from "./dom.js";
import { duration, moment } from "./format.js";
import { icon } from "./icons.js";
import { copied } from "./markdown.js";
import { facts, shown } from "./values.js";

/** The arguments in one line. */
export function inBrief(given) {
  const parts = Object.entries(given).filter(([, v]) => v !== null && v !== "" && !(Array.isArray(v) && !v.length));
  return parts.map(([name, value]) => `${name}: ${short(value)}`).join(", ");
}

function short(value) {
  const said = typeof value === "string" ? value.replace(/T00:00:00(?:\+00:00|Z)$/, "") : Array.isArray(value) ? value.join(", ") : JSON.stringify(value);
  return said.length > 48 ? `${said.slice(0, 47)}…` : said;
}

/** Everything about a call. */
export function callDetails(call) {
  return h("div", { class: "call-details" },
    section("Asked", facts(Object.entries(call.arguments))),
    call.error ? section("Error", h("p", { class: "problem" }, call.error)) : null,
    call.status === "unknown" ? section("Outcome", h("p", {}, "Unknown: the worker died before it could say. It was not run again.")) : null,
    call.queries.length ? section(call.queries.length === 1 ? "Query" : `${call.queries.length} queries`, call.queries.map(query)) : null,
    call.result === null ? null : section("Result", h("div", { class: "result" }, shown(call.result, call.tool))));
}

function section(title, ...content) {
  return h("section", {}, h("h4", {}, title), content);
}

function query(run) {
  const copy = h("button", { type: "button", class: "quiet small", "aria-label": `Copy the query ${run.name}`, on: { click: () => copied(copy, run.sql) } }, icon("copy", 15), "Copy");
  const told = [run.rows === null || run.rows === undefined ? "" : (run.rows === 1 ? "1 row" : `${run.rows} rows`), Number.isFinite(run.ms) ? duration(run.ms) : ""].filter(Boolean).join(" · ");
  const parameters = Object.entries(run.parameters ?? {});
  return h("div", { class: "code sql" },
    h("div", { class: "code-head" }, h("span", {}, run.name || "query", told ? h("small", {}, ` ${told}`) : null), copy),
    h("pre", { tabindex: "0" }, h("code", {}, run.sql.trim())),
    parameters.length ? h("details", {}, h("summary", {}, parameters.length === 1 ? "1 parameter" : `${parameters.length} parameters`), facts(parameters)) : null);
}

/** How a call stands, in a few words. */
export function standing(call) {
  if (call.status === "running") return "running";
  const how = { ok: "", error: "failed", unknown: "outcome unknown" }[call.status] ?? call.status;
  return [how, Number.isFinite(call.ms) ? duration(call.ms) : ""].filter(Boolean).join(" · ");
}

export function atMoment(call) {
  return `${call.agent ?? ""} · ${moment(call.at)}`;
}
