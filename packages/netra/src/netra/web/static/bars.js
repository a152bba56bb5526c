// A breakdown as bars, each with its name and value in words.

import { h, replace, s } from "./dom.js";
import { valued } from "./format.js";
import { linear } from "./scale.js";

const ROW = 40;
const MOST = 15;

/** `view`: `{title, unit, rows: [[label, value]]}`. */
export function bars(view) {
  const shown = view.rows.slice(0, MOST);
  const rest = view.rows.length - shown.length;
  const said = shown.map(([label, value]) => `${label} ${valued(value, view.unit)}`).join(", ");
  const plot = h("div", { class: "plot", role: "img", "aria-label": `${view.title}: ${said}${rest > 0 ? `, and ${rest} more` : ""}.` });
  const watch = new ResizeObserver(([{ contentRect }]) => draw(plot, shown, view.unit, contentRect.width));
  watch.observe(plot);
  return h("div", { class: "chart" }, plot, rest > 0 ? h("p", { class: "note" }, `and ${rest} more in the table`) : null);
}

function draw(plot, rows, unit, width) {
  if (!width || plot.dataset.width === String(Math.round(width))) return;
  plot.dataset.width = Math.round(width);
  const known = rows.map(([, v]) => v).filter(Number.isFinite);
  const across = linear([Math.min(0, ...known), Math.max(0, ...known) || 1], [0, width]);
  const height = rows.length * ROW;
  const bar = ([label, value], i) => {
    const from = Math.min(across(0), across(value ?? 0));
    const length = Number.isFinite(value) ? Math.max(2, Math.abs(across(value) - across(0))) : 0;
    const figure = valued(value, unit);
    return s("g", { transform: `translate(0 ${i * ROW})` },
      s("text", { class: "name", x: 0, y: 15 }, cut(label, (width - figure.length * 8 - 12) / 7.2), s("title", {}, label)),
      s("text", { class: "value", x: width, y: 15, "text-anchor": "end" }, figure),
      s("rect", { class: "track", x: 0, y: 22, width, height: 8, rx: 4 }),
      s("rect", { class: value < 0 ? "bar below" : "bar", x: from, y: 22, width: length, height: 8, rx: 4 }));
  };
  replace(plot, s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, rows.map(bar)));
}

function cut(text, most) {
  return text.length <= most ? text : `${text.slice(0, Math.max(3, Math.floor(most) - 1))}…`;
}
