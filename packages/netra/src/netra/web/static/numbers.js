// Each figure of an answer becomes a button that leads to the call and the query it came from.

import { h } from "./dom.js";

const SKIPPED = "code, pre, button, a, .code-head";
const QUOTED = /“[^”]*”/g;

/** Make buttons of the figures below `root`; `given` stand in their order of appearance. Answers how many. */
export function linkNumbers(root, given, open) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(SKIPPED)) texts.push(walker.currentNode);
  const whole = texts.map((t) => t.data.replaceAll("\n", " ")).join("\n");
  const found = places(whole, given);
  let from = 0;
  for (const text of texts) {
    const to = from + text.length;
    const inside = found.filter((f) => f.from >= from && f.to <= to);
    if (inside.length) text.replaceWith(...pieces(text.data, from, inside, open));
    from = to + 1;
  }
  return found.length;
}

function pieces(text, offset, inside, open) {
  const made = [];
  let at = 0;
  for (const { from, to, number } of inside) {
    if (from - offset > at) made.push(text.slice(at, from - offset));
    made.push(button(number, open));
    at = to - offset;
  }
  if (at < text.length) made.push(text.slice(at));
  return made;
}

function button(number, open) {
  const label = `${number.text}: show where this figure comes from`;
  return h("button", { type: "button", class: "figure", "aria-label": label, title: `${number.tool}: where this figure comes from`, on: { click: () => open(number) } }, number.text);
}

/** Where each figure stands in the text, in order: each after the one before it, or else wherever it is still free. Pure. */
export function places(text, numbers) {
  const open = text.replace(QUOTED, (quote) => "\u0000".repeat(quote.length));
  const found = [];
  const left = [];
  let after = 0;
  for (const number of numbers) {
    const place = number.text ? next(open, number, after) : null;
    if (place) {
      found.push(place);
      after = place.to;
    } else if (number.text) left.push(number);
  }
  for (const number of left) {
    let place = next(open, number, 0);
    while (place && found.some((f) => f.from < place.to && place.from < f.to)) place = next(open, number, place.to);
    if (place) found.push(place);
  }
  return found.sort((a, b) => a.from - b.from);
}

/** The next place of a figure that is not inside a longer number, a date or a name. */
function next(text, number, after) {
  const literal = number.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`(?<![\\w.,$]|[\\w][-–:])${literal}(?![\\w]|[.,:]\\d|-\\d)`, "g");
  pattern.lastIndex = after;
  const match = pattern.exec(text);
  return match ? { from: match.index, to: match.index + match[0].length, number } : null;
}
