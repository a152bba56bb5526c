// Markdown as nodes; while text streams in, what has not changed stays as it is.

import { blocks } from "./blocks.js";
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { inline } from "./inline.js";
import { textTable } from "./tables.js";

/** Draws a growing Markdown text into an element. */
export class Markdown {
  constructor(element) {
    this.element = element;
    this.drawn = [];
  }

  update(source) {
    const wanted = blocks(source);
    wanted.forEach((block, i) => {
      const before = this.drawn[i];
      if (before && before.source === block.source && before.kind === block.kind) return;
      const node = drawn(block);
      if (before) before.node.replaceWith(node);
      else this.element.append(node);
      this.drawn[i] = { source: block.source, kind: block.kind, node };
    });
    for (const { node } of this.drawn.splice(wanted.length)) node.remove();
  }
}

/** A whole text at once. */
export function markdown(source) {
  return replace(h("div", { class: "prose" }), blocks(source).map(drawn));
}

function drawn(block) {
  switch (block.kind) {
    case "heading":
      // The page's own headings are the first two levels.
      return h(`h${Math.min(block.level + 2, 6)}`, {}, inline(block.text));
    case "code":
      return code(block);
    case "rule":
      return h("hr");
    case "quote":
      return h("blockquote", {}, block.blocks.map(drawn));
    case "list":
      return h(block.ordered ? "ol" : "ul", { start: block.ordered && block.start !== 1 ? block.start : null }, block.items.map(item));
    case "table":
      return textTable(block.header.map(inline), block.align, block.rows.map((row) => row.map(inline)));
    default:
      return h("p", {}, inline(block.text));
  }
}

function item(inner) {
  const tight = inner.map((block, i) => (block.kind === "paragraph" && i === 0 ? inline(block.text) : drawn(block)));
  return h("li", {}, tight);
}

function code(block) {
  const copy = h("button", { type: "button", class: "quiet small", "aria-label": "Copy code", on: { click: () => copied(copy, block.text) } }, icon("copy", 15), "Copy");
  const head = h("div", { class: "code-head" }, h("span", {}, block.language || "text"), copy);
  return h("div", { class: "code" }, head, h("pre", { tabindex: "0" }, h("code", {}, block.text)));
}

/** Copy, and say so on the button. */
export async function copied(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.lastChild.textContent = "Copied";
  } catch {
    button.lastChild.textContent = "Not allowed";
  }
  setTimeout(() => { button.lastChild.textContent = "Copy"; }, 1500);
}
