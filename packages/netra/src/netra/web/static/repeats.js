// Whether a table in the text of an answer shows already what a view of it would show.

import { numeric, readable } from "./format.js";

const SIGNS = { USD: "$", "%": "%", ms: "ms" };
const NOTHING = /^(n\/a|–|-)?$/;

/**
 * `shown`: the texts of the cells of a table's rows; `view`: a view of kind “table”. Headings are worded in many ways, so the
 * cells decide: each row by its name, in order, with each of its figures. The table may have more rows and columns than the view. Pure.
 */
export function repeats(shown, view) {
  if (!view.rows.length || shown.length < view.rows.length) return false;
  const figures = view.columns.map((_, i) => view.rows.some((r) => typeof r[i] === "number"));
  const used = new Set();
  return view.columns.every((column, i) => {
    // Words beside the name say what the figures say, unless there are none.
    if (i > 0 && !figures[i] && figures.includes(true)) return true;
    const place = shown[0].findIndex((_, at) => !(figures[i] && used.has(at)) && view.rows.every((r, n) => says(shown[n][at], r[i], column.unit)));
    used.add(place);
    return place !== -1;
  });
}

function says(text, value, unit) {
  if (value === null || value === undefined) return NOTHING.test(text);
  if (typeof value === "number") return isRounded(text, value, SIGNS[unit] ?? "");
  const name = readable(String(value));
  return text === name || text === String(value) || text.startsWith(`${name} `) || text.endsWith(` ${name}`);
}

/** Whether the text is the value, as exact as it is written. */
function isRounded(text, value, sign) {
  const written = numeric(text);
  if (written === null || !text.includes(sign)) return false;
  const decimals = /\.(\d+)/.exec(text)?.[1].length ?? 0;
  return Math.abs(written - value) <= 0.5 * 10 ** -decimals + 1e-9 * Math.abs(value);
}
