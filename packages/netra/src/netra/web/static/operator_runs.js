// Everybody's runs and accounts, as operators may see them: how they stand, never what they are about.

import { get, query } from "./api.js";
import { h, replace } from "./dom.js";
import { count, duration, moment, size, usd, words } from "./format.js";
import { choice, input, unavailable, waiting } from "./ui.js";
import { badge, filled, lines, part } from "./view.js";

const KINDS = { completed: "good", failed: "bad", cancelled: "", running: "warn", queued: "warn" };

export function runList() {
  const states = ["", "queued", "running", "completed", "failed", "cancelled"].map((s) => [s, s || "all"]);
  return paged("/api/operator/runs", { status: choice("Status", states, ""), user_id: input({ label: "User id", maxlength: 36 }) }, (page) => page.runs, "Runs",
    ["Run", "Status", "Accepted", "Took", "Attempt", "User", "Reason"], (run) => [
      h("a", { href: `#/operator/runs/${run.run_id}` }, h("code", {}, run.run_id.slice(0, 8))), badge(run.status, KINDS[run.status]), moment(run.created_at),
      run.finished_at ? duration(new Date(run.finished_at) - new Date(run.created_at)) : "", String(run.attempt), h("code", {}, run.user_id.slice(0, 8)), words(run.reason),
    ], "There are no such runs.");
}

export function audit() {
  return paged("/api/operator/audit", { user_id: input({ label: "User id", maxlength: 36 }) }, (page) => page.events, "What happened to accounts",
    ["When", "What", "User", "From", "Times", "Detail"], (event) => [moment(event.at), words(event.type), event.user_id ? h("code", {}, event.user_id.slice(0, 8)) : "", event.address, String(event.times), [event.detail, event.actor ? ` (by ${event.actor})` : ""].join("")], "Nothing has happened.");
}

/** A list that reads on; its filters are fields named as the door names them. */
function paged(path, filters, rowsOf, label, heads, row, empty) {
  const place = h("div", {}, waiting());
  const more = h("div");
  let rows = [];
  const read = async (before) => {
    const given = Object.fromEntries(Object.entries(filters).map(([name, field]) => [name, field.control.value.trim()]));
    try {
      const page = await get(query(path, { ...given, before }));
      rows = before ? [...rows, ...rowsOf(page)] : rowsOf(page);
      replace(place, lines(label, heads, rows.map(row), empty));
      replace(more, page.next_before ? h("button", { type: "button", on: { click: () => read(page.next_before) } }, "Older") : null);
    } catch (error) {
      replace(place, unavailable(error, "this list"));
      replace(more);
    }
  };
  for (const field of Object.values(filters)) field.control.addEventListener("change", () => read());
  read();
  return h("div", {}, h("div", { class: "row fields" }, Object.values(filters)), place, more);
}

export function oneRun(runId) {
  return h("div", {}, h("p", {}, h("a", { href: "#/operator/runs" }, "All runs")), filled(() => get(`/api/operator/runs/${encodeURIComponent(runId)}`), detail, "the detail of a run"));
}

function detail({ run, events, calls }) {
  const facts = [["Status", badge(run.status, KINDS[run.status])], ["Reason", words(run.reason) || "none"], ["Attempt", String(run.attempt)], ["Revision", run.revision], ["Accepted", moment(run.created_at)], ["Began", run.started_at ? moment(run.started_at) : "not yet"], ["Ended", run.finished_at ? moment(run.finished_at) : "not yet"], ["User", h("code", {}, run.user_id)]];
  const event = (e) => [String(e.seq), moment(e.at), e.agent, words(e.type), [e.tool, e.to, e.status, e.reason, e.component].filter(Boolean).join(" · "), Number.isFinite(e.ms) && e.ms !== null ? duration(e.ms) : "", size(e.bytes)];
  const call = (c) => [moment(c.at), c.role, `${c.model} (${c.provider})`, c.outcome, `${count(c.input_tokens ?? 0)} → ${count(c.output_tokens ?? 0)}`, c.ms === null ? "" : duration(c.ms), c.cost_usd === null ? "unknown" : usd(c.cost_usd)];
  return [
    h("h2", { class: "mono" }, run.run_id),
    h("dl", { class: "facts wide" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    part("Events", "Without contents: those are the owner's.", lines("Events", ["Seq", "At", "Agent", "Event", "About", "Took", "Size"], events.map(event), "No event was written.")),
    part("Model calls", "", lines("Model calls", ["At", "Role", "Model", "Outcome", "Tokens", "Took", "Cost"], calls.map(call), "No model was asked.")),
  ];
}
