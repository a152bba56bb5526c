// What stands inside a line of Markdown, as nodes: code, strong, emphasis, struck text, links. Markup stays text.

import { h } from "./dom.js";

const RULES = [
  { pattern: /\\([\\`*_{}[\]()#+\-.!|~<>"'$%&,/:;=?@^])/y, node: (m) => m[1] },
  { pattern: /(`+)(?!`)([^]*?[^`])\1(?!`)/y, node: (m) => h("code", {}, m[2].replace(/^ (.*\S.*) $/s, "$1")) },
  { pattern: /\*\*(?=\S)([^]*?\S)\*\*(?!\*)/y, node: (m) => h("strong", {}, inline(m[1])) },
  { pattern: /__(?=\S)([^]*?\S)__(?![\w_])/y, starts: true, node: (m) => h("strong", {}, inline(m[1])) },
  { pattern: /\*(?=[^\s*])([^*]*[^\s*])\*(?!\*)/y, node: (m) => h("em", {}, inline(m[1])) },
  { pattern: /_(?=[^\s_])([^_]*[^\s_])_(?!\w)/y, starts: true, node: (m) => h("em", {}, inline(m[1])) },
  { pattern: /~~(?=\S)([^]*?\S)~~/y, node: (m) => h("s", {}, inline(m[1])) },
  { pattern: /!?\[([^\]\n]*)\]\((\S*?)(?:\s+"[^"]*")?\)/y, node: (m) => link(m[1], m[2]) },
  { pattern: /<(https?:\/\/[^\s<>]+)>/y, node: (m) => link(m[1], m[1]) },
  { pattern: /https?:\/\/[^\s<>()"'`*]*[^\s<>()"'`*.,:;!?]/y, starts: true, node: (m) => link(m[0], m[0]) },
  { pattern: / {2,}\n|\\\n/y, node: () => h("br") },
];
const SPECIAL = /[\\`*_~![<h \n]/g;

/** The nodes of one piece of text. */
export function inline(source) {
  const nodes = [];
  let text = "";
  let at = 0;
  while (at < source.length) {
    const found = matched(source, at);
    if (found) {
      if (text) nodes.push(text);
      text = "";
      nodes.push(found.node);
      at = found.end;
    } else {
      SPECIAL.lastIndex = at + 1;
      const next = SPECIAL.exec(source)?.index ?? source.length;
      text += source.slice(at, next);
      at = next;
    }
  }
  if (text) nodes.push(text);
  return nodes.flat();
}

function matched(source, at) {
  for (const rule of RULES) {
    if (rule.starts && at > 0 && /\w/.test(source[at - 1])) continue;
    rule.pattern.lastIndex = at;
    const found = rule.pattern.exec(source);
    if (found) return { end: at + found[0].length, node: rule.node(found) };
  }
  return null;
}

/** A link that leads where it says; anything but a web or mail address stays text. */
function link(label, address) {
  if (!/^(?:https?:\/\/|mailto:)/i.test(address)) return address ? `${label} (${address})` : label;
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, label === address ? label : inline(label));
}
