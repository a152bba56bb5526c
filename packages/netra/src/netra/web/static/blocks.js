// Markdown's blocks as plain records. Pure.

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(\s+)(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** The blocks of a document, each with the text it was made of. */
export function blocks(source) {
  const lines = source.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n");
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [block, next] = blockAt(lines, at);
    found.push({ ...block, source: lines.slice(at, next).join("\n") });
    at = next;
  }
  return found;
}

function blockAt(lines, at) {
  const line = lines[at];
  const heading = HEADING.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1].length, text: heading[2] }, at + 1];
  if (FENCE.test(line)) return fenced(lines, at);
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (QUOTE.test(line)) return quoted(lines, at);
  if (isTable(lines, at)) return table(lines, at);
  if (ITEM.test(line)) return list(lines, at);
  return paragraph(lines, at);
}

function fenced(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]);
  const closes = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}\\s*$`);
  let end = at + 1;
  while (end < lines.length && !closes.test(lines[end])) end += 1;
  return [{ kind: "code", language, text: lines.slice(at + 1, end).join("\n") }, Math.min(end + 1, lines.length)];
}

function quoted(lines, at) {
  let end = at;
  const inner = [];
  while (end < lines.length && QUOTE.test(lines[end])) inner.push(QUOTE.exec(lines[end++])[1]);
  return [{ kind: "quote", blocks: blocks(inner.join("\n")) }, end];
}

function isTable(lines, at) {
  return lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DIVIDER.test(lines[at + 1])
    && cells(lines[at]).length === cells(lines[at + 1]).length;
}

function table(lines, at) {
  const align = cells(lines[at + 1]).map((c) => (c.endsWith(":") ? (c.startsWith(":") ? "center" : "right") : "left"));
  let end = at + 2;
  const rows = [];
  while (end < lines.length && lines[end].trim() && lines[end].includes("|")) rows.push(fitted(cells(lines[end++]), align.length));
  return [{ kind: "table", header: cells(lines[at]), align, rows }, end];
}

/** The cells of a row; a bar after a backslash, or in code, belongs to its cell. */
function cells(line) {
  const inner = line.trim().replace(/^\|/, "");
  const found = [];
  let cell = "";
  for (const part of inner.match(/\\.|`[^`]*`|[^]/g) ?? []) {
    if (part === "|") {
      found.push(cell.trim());
      cell = "";
    } else cell += part === "\\|" ? "|" : part;
  }
  if (cell.trim()) found.push(cell.trim());
  return found;
}

function fitted(row, width) {
  return Array.from({ length: width }, (_, i) => row[i] ?? "");
}

function list(lines, at) {
  const [, indent, marker] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(marker);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const found = ITEM.exec(lines[end]);
    if (!found || found[1].length !== indent.length || /\d/.test(found[2]) !== ordered || RULE.test(lines[end])) break;
    const inset = found[1].length + found[2].length + Math.min(found[3].length, 4);
    const [inner, next] = itemAt(lines, end, inset, found[4]);
    items.push(blocks(inner.join("\n")));
    end = next;
  }
  return [{ kind: "list", ordered, start: ordered ? Number.parseInt(marker, 10) : 1, items }, Math.max(end, at + 1)];
}

/** An item goes on over lines that are set in, or that merely go on with its text. */
function itemAt(lines, at, inset, first) {
  const inner = [first];
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end];
    const depth = line.search(/\S/);
    if (depth === -1) {
      const next = lines.findIndex((l, i) => i > end && l.trim());
      if (next === -1 || lines[next].search(/\S/) < inset) break;
      inner.push("");
    } else if (depth >= inset) inner.push(line.slice(inset));
    else if (depth >= 2 && ITEM.test(line)) inner.push(line.slice(Math.min(depth, inset)));
    else if (ITEM.test(line) || starts(lines, end) || !inner.at(-1)) break;
    else inner.push(line.trim());
    end += 1;
  }
  while (end < lines.length && !lines[end].trim() && ITEM.test(lines[end + 1] ?? "")) end += 1;
  return [inner, end];
}

function starts(lines, at) {
  const line = lines[at];
  return HEADING.test(line) || FENCE.test(line) || RULE.test(line) || QUOTE.test(line) || isTable(lines, at);
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !starts(lines, end) && !ITEM.test(lines[end])) end += 1;
  return [{ kind: "paragraph", text: lines.slice(at, end).map((l) => l.trimStart()).join("\n").trim() }, end];
}
