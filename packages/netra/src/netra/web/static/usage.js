// What the person's own questions used, and what the plan still allows.

import { get } from "./api.js";
import { budget } from "./budget.js";
import { h, replace } from "./dom.js";
import { figureOf } from "./figures.js";
import { count, span, usd, valued } from "./format.js";
import { choice } from "./ui.js";
import { filled, meter, page, part } from "./view.js";

const NAMES = {
  messages_per_hour: ["Messages in this hour", count], sockets: ["Open connections", count], open_sockets: ["Open connections", count],
  open_runs: ["Runs going on", count], runs: ["Runs going on", count],
  tokens_per_day: ["Tokens today", count], cost_usd_per_day: ["Model cost today", usd],
};

export function open() {
  let days = 30;
  const used = h("div");
  const draw = () => replace(used, filled(() => get(`/api/usage?days=${days}`), usage, "a record of usage"));
  const range = choice("Period", [["7", "Last 7 days"], ["30", "Last 30 days"], ["90", "Last 90 days"]], "30", (value) => {
    days = Number(value);
    draw();
  });
  draw();
  const allowed = filled(() => get("/api/limits"), limits, "its limits");
  return page("Usage and budget", "", part("Budget of your workloads", "What the calls in your data cost, against what you allow in a month.", budget()), part("Your plan", "What your questions to netra may use.", allowed), part("Your questions", "", range, used));
}

function limits(told) {
  const drawn = told.limits.map((l) => {
    const [name, write] = NAMES[l.name] ?? [l.name.replaceAll("_", " "), count];
    const used = l.limit - l.remaining;
    const resets = /_per_(?:hour|day)$/.test(l.name) && used > 0 ? `, free again in ${span(l.resets_in_s)}` : "";
    return meter(name, used, l.limit, `${write(used)} of ${write(l.limit)}${resets}`);
  });
  return [h("p", {}, "Plan ", h("strong", {}, told.plan)), h("div", { class: "meters" }, drawn)];
}

function usage(told) {
  const { total } = told;
  const tiles = [["Messages", count(total.messages)], ["Model calls", count(total.calls)], ["Tokens in", count(total.input_tokens)], ["Tokens out", count(total.output_tokens)], ["Cost", usd(total.cost_usd)]];
  const daily = (title, unit, of) => figureOf({ kind: "series", title, unit, points: told.days.map((d) => [`${d.day}T00:00:00+00:00`, of(d)]) });
  const models = { kind: "table", title: "By model", columns: [{ name: "model" }, { name: "provider" }, { name: "messages" }, { name: "calls" }, { name: "tokens in" }, { name: "tokens out" }, { name: "cost", unit: "USD" }, { name: "unpriced calls" }],
    rows: told.models.map((m) => [m.model, m.provider, m.messages, m.calls, m.input_tokens, m.output_tokens, m.cost_usd, m.unpriced]) };
  return [
    h("dl", { class: "tiles" }, tiles.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    total.unpriced ? h("p", { class: "note" }, `${valued(total.unpriced)} calls have no known price; they count nothing in the cost.`) : null,
    h("div", { class: "figures" }, daily("Messages by day", "", (d) => d.messages), daily("Model cost by day", "USD", (d) => d.cost_usd)),
    told.models.length ? figureOf(models) : h("p", { class: "empty" }, "No language model was asked in this time: the builtin analyst answers without one, and costs nothing."),
  ];
}
