// Every dependency with its timings, as it is now.

import { ApiError } from "./api.js";
import { h, replace } from "./dom.js";
import { duration, moment, words } from "./format.js";
import { icon } from "./icons.js";
import { unavailable, waiting } from "./ui.js";
import { badge, lines, part } from "./view.js";

const EVERY_MS = 5000;
const KINDS = { healthy: "good", ok: "good", degraded: "warn", unhealthy: "bad", failed: "bad", not_configured: "" };
const STEPS = [["dns_ms", "name"], ["connect_ms", "connect"], ["auth_ms", "log-in"], ["query_ms", "query"], ["pool_wait_ms", "pool wait"]];

export function health() {
  const element = h("div", {}, waiting("Asking every dependency…"));
  const look = async () => {
    try {
      replace(element, drawn(await healthDocument()));
    } catch (error) {
      replace(element, unavailable(error, "a health document"));
    }
  };
  look();
  const clock = setInterval(look, EVERY_MS);
  return { element, leave: () => clearInterval(clock) };
}

/** An unhealthy service answers 503, and says the same as always. */
async function healthDocument() {
  const answer = await fetch("/api/health", { cache: "no-store" });
  const told = await answer.json();
  if (!told.dependencies) throw new ApiError(answer.status, told.error ?? {});
  return told;
}

function drawn(told) {
  return [
    h("div", { class: "row between" }, h("p", { class: "row" }, badge(told.status, KINDS[told.status]), h("span", { class: "note" }, `netra ${told.version}, revision ${told.revision || "unnamed"}, ${told.environment}, up ${duration(told.uptime_s * 1000)}`)), h("span", { class: "note" }, `probed ${moment(told.at)} in ${duration(told.probe_ms)}`)),
    h("ul", { class: "dependencies" }, Object.entries(told.dependencies).map(dependency)),
    part("Start-up", "", lines("Start-up phases", ["Phase", "Outcome", "Took", "Message"], told.startup.map((p) => [words(p.name), badge(p.outcome, KINDS[p.outcome]), duration(p.ms), p.message]), "No phase was recorded.")),
  ];
}

function dependency([name, told]) {
  const steps = STEPS.filter(([key]) => Number.isFinite(told[key])).map(([key, label]) => h("div", {}, h("dt", {}, label), h("dd", {}, exactly(told[key]))));
  return h("li", { class: "card dependency", "data-status": told.status },
    h("div", { class: "row between" }, h("h3", {}, icon(told.status === "failed" ? "alert" : "check", 16), words(name)), badge(words(told.status), KINDS[told.status])),
    told.message ? h("p", { class: told.status === "failed" ? "problem" : "note" }, told.failed_at ? `${told.failed_at}: ` : "", told.message) : null,
    steps.length ? h("dl", { class: "steps-ms" }, steps) : null,
    h("p", { class: "note" }, told.required ? "required" : "optional", ` · so since ${moment(told.since)}`));
}

function exactly(ms) {
  return ms < 10 ? `${ms.toFixed(1)} ms` : duration(ms);
}
