// Each figure of an answer becomes a button that leads to the call and the query it came from.

import { h } from "./dom.js";

const SKIPPED = "code, pre, button, a, .code-head";

/** Make buttons of the figures below `root`; `given` stand in their order of appearance. Answers how many. */
export function linkNumbers(root, given, open) {
  const numbers = given.filter((n) => n.text);
  if (!numbers.length) return 0;
  const matcher = new Matcher(numbers);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(SKIPPED)) texts.push(walker.currentNode);
  let linked = 0;
  for (const text of texts) {
    const pieces = matcher.pieces(text.data);
    if (pieces.length < 2 && typeof pieces[0] === "string") continue;
    linked += pieces.filter((p) => typeof p !== "string").length;
    text.replaceWith(...pieces.map((p) => (typeof p === "string" ? p : button(p, open))));
  }
  return linked;
}

function button(number, open) {
  const label = `${number.text}: show where this figure comes from`;
  return h("button", { type: "button", class: "figure", "aria-label": label, title: `${number.tool} — where this figure comes from`, on: { click: () => open(number) } }, number.text);
}

/** Finds figures in text; one that is written alike several times is given out in order, the last one again. Pure. */
export class Matcher {
  constructor(numbers) {
    this.byText = new Map();
    for (const number of numbers) {
      if (!this.byText.has(number.text)) this.byText.set(number.text, []);
      this.byText.get(number.text).push(number);
    }
    const longest = [...this.byText.keys()].sort((a, b) => b.length - a.length).map((t) => t.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    // Not inside a longer number or name.
    this.pattern = new RegExp(`(?<![\\w.,$-]|[\\w][-–])(?:${longest.join("|")})(?![\\w]|[.,]\\d)`, "g");
  }

  pieces(text) {
    const found = [];
    let at = 0;
    for (const match of text.matchAll(this.pattern)) {
      if (match.index > at) found.push(text.slice(at, match.index));
      const waiting = this.byText.get(match[0]);
      found.push(waiting.length > 1 ? waiting.shift() : waiting[0]);
      at = match.index + match[0].length;
    }
    if (at < text.length) found.push(text.slice(at));
    return found;
  }
}
