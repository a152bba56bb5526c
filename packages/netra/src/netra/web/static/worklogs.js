// What goldenpath wrote about its loops.

import { get, text } from "./api.js";
import { h } from "./dom.js";
import { moment } from "./format.js";
import { markdown } from "./markdown.js";
import { filled, lines } from "./view.js";

const PATH = "/api/operator/worklogs";

export function worklogs() {
  return filled(() => get(PATH), (told) => {
    const row = (w) => [h("a", { href: `#/operator/worklogs/${encodeURIComponent(w.worklog_id)}` }, w.title || w.worklog_id), moment(w.written_at), w.formats.includes("html") ? h("a", { href: address(w.worklog_id, "html"), target: "_blank", rel: "noopener" }, "as a page of its own") : ""];
    return lines("Worklogs", ["Worklog", "Written", "Open"], told.worklogs.map(row), "There are no worklogs. WORKLOGS_DIR names the folder where goldenpath writes them.");
  }, "worklogs");
}

export function oneWorklog(id) {
  const frame = h("iframe", { class: "worklog", title: "Worklog", src: address(id, "html"), sandbox: "" });
  const body = filled(async () => (await get(PATH)).worklogs.find((w) => w.worklog_id === id), drawn(id, frame), "this worklog");
  return h("div", {}, h("p", {}, h("a", { href: "#/operator/worklogs" }, "All worklogs")), body);
}

function drawn(id, frame) {
  return (told) => {
    if (!told) return h("p", { class: "empty" }, "There is no such worklog any more.");
    if (told.formats.includes("html")) return [h("h2", {}, told.title || id), frame];
    return filled(() => text(address(id, "markdown")), (written) => markdown(written), "this worklog");
  };
}

function address(id, format) {
  return `${PATH}/${encodeURIComponent(id)}?format=${format}`;
}
