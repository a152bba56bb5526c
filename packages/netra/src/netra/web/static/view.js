// What every view beside the chat is made of.

import { h, replace } from "./dom.js";
import { unavailable, waiting } from "./ui.js";

/** A view with a heading; `parts` stand below it. */
export function page(title, lead, ...parts) {
  const head = h("header", { class: "view-head" }, h("h1", { tabindex: "-1" }, title));
  return { title, element: h("div", { class: "view" }, head, h("div", { class: "view-body" }, lead ? h("p", { class: "lead" }, lead) : null, parts)) };
}

/** A titled part of a view. */
export function part(title, note, ...content) {
  return h("section", { class: "part" }, h("h2", {}, title), note ? h("p", { class: "note" }, note) : null, content);
}

/** A place that fills itself; `what` names it when it cannot be read. Its `again()` reads anew. */
export function filled(read, draw, what) {
  const place = h("div", { class: "filled", "aria-busy": "true" }, waiting());
  const again = async () => {
    try {
      const told = await read();
      replace(place, draw(told, again));
    } catch (error) {
      if (error.status !== 401) replace(place, unavailable(error, what));
    } finally {
      place.setAttribute("aria-busy", "false");
    }
  };
  again();
  return Object.assign(place, { again });
}

/** A table of plain rows, each a list of nodes or texts; its roles are said, for on a narrow page it is laid out as a list. */
export function lines(label, heads, rows, empty) {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((name) => h("th", { scope: "col", role: "columnheader" }, name || h("span", { class: "unseen" }, "Actions")))));
  const body = h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row" }, row.map((cell, i) => h("td", { role: "cell", "data-label": heads[i] }, cell)))));
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, h("table", { class: "lines", role: "table" }, h("caption", { class: "unseen" }, label), head, body));
}

export function badge(text, kind = "") {
  return h("span", { class: ["badge", kind] }, text);
}

/** How much of a limit is used. */
export function meter(label, used, limit, told) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  const fill = h("span", { class: ["fill", share >= 0.9 ? "high" : ""] });
  fill.style.width = `${(share * 100).toFixed(1)}%`;
  const bar = h("div", { class: "meter", role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": String(limit), "aria-valuenow": String(Math.min(used, limit)), "aria-valuetext": told }, fill);
  return h("div", { class: "metered" }, h("div", { class: "row between" }, h("span", {}, label), h("span", { class: "note" }, told)), bar);
}
