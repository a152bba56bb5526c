// What an answer shows beside its text: each view as a drawing and as a table.

import { fresh, h, replace } from "./dom.js";
import { bars } from "./bars.js";
import { icon } from "./icons.js";
import { series } from "./series.js";
import { valueTable } from "./tables.js";

const DRAWN = { series, bars };

/** The figure of a view; `open` leads to the call it came from. Null for a kind that this page does not know. */
export function figureOf(view, open) {
  if (view.kind === "table") return framed(view, open, [["Table", () => asTable(view)]]);
  if (!DRAWN[view.kind]) return null;
  return framed(view, open, [["Chart", () => DRAWN[view.kind](view)], ["Table", () => asTable(view)]]);
}

function framed(view, open, ways) {
  const id = fresh("figure");
  const body = h("div", { class: "figure-body" });
  const toggles = ways.length > 1 ? ways.map(([name, draw], i) => h("button", { type: "button", class: "toggle", "aria-pressed": i === 0, on: { click: () => choose(i) } }, name)) : [];
  const choose = (chosen) => {
    toggles.forEach((t, i) => t.setAttribute("aria-pressed", String(i === chosen)));
    replace(body, ways[chosen][1]());
  };
  toggles.forEach((t, i) => t.setAttribute("aria-pressed", String(i === 0)));
  replace(body, ways[0][1]());
  const source = view.call_id ? h("button", { type: "button", class: "quiet small", on: { click: () => open({ call_id: view.call_id, name: view.title }) } }, icon("eye", 15), "Source") : null;
  const head = h("figcaption", { id }, h("span", { class: "title" }, view.title), h("span", { class: "tools" }, toggles.length ? h("span", { class: "toggles", role: "group", "aria-label": "Show as" }, toggles) : null, source));
  return h("figure", { class: ["card", `view-${view.kind}`], "aria-labelledby": id }, head, body);
}

function asTable(view) {
  if (view.kind === "table") return valueTable(view.columns, view.rows, view.title);
  if (view.kind === "bars") return valueTable([{ name: "name" }, { name: view.unit || "value", unit: view.unit }], view.rows, view.title);
  const band = new Map((view.band ?? []).map(([at, low, high]) => [at, [low, high]]));
  const values = new Map(view.points.map(([at, v]) => [at, v]));
  const times = [...new Set([...values.keys(), ...band.keys()])].sort();
  const value = { name: view.unit || "value", unit: view.unit };
  const columns = band.size ? [{ name: "time (UTC)" }, value, { ...value, name: "low" }, { ...value, name: "high" }] : [{ name: "time (UTC)" }, value];
  const shown = (iso) => iso.slice(0, 16).replace("T", " ").replace(" 00:00", "");
  return valueTable(columns, times.map((at) => [shown(at), values.get(at) ?? null, ...(band.size ? band.get(at) ?? [null, null] : [])]), view.title);
}
