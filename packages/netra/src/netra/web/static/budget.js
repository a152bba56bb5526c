// The month's budget of the workloads: what is spent, what is to come, and how much it may be.

import { call, get, remove } from "./api.js";
import { h } from "./dom.js";
import { figureOf } from "./figures.js";
import { readable, usd } from "./format.js";
import { attempt, form, input } from "./ui.js";
import { filled, meter } from "./view.js";

const PATH = "/api/budget";

export function budget() {
  return filled(() => get(PATH), drawn, "a budget for workloads");
}

function drawn(told, again) {
  const spent = Number(told.spent_usd);
  const limit = told.budget_usd === null ? null : Number(told.budget_usd);
  const days = told.spent_by_day.map(([at, value]) => [at, Number(value)]);
  return [
    limit === null ? h("p", {}, h("strong", {}, usd(spent)), ` spent in ${told.month}; no budget is set.`) : meter(`Spent in ${told.month}`, spent, limit, `${usd(spent)} of ${usd(limit)}`),
    outlook(told),
    told.unpriced ? h("p", { class: "note" }, `${told.unpriced} requests have no known price and are in no sum.`) : null,
    days.length > 1 ? figureOf({ kind: "series", title: "Spent so far, by day", unit: "USD", points: days }) : null,
    change(limit, again),
  ];
}

/** What the rest of the month is likely to bring, with what that rests on. */
function outlook(told) {
  if (told.projected_usd === null) return null;
  const range = told.projected_low_usd === null ? "" : ` (between ${usd(Number(told.projected_low_usd))} and ${usd(Number(told.projected_high_usd))})`;
  const verdict = told.on_track === null ? "" : told.on_track ? " That is within the budget." : ` That is over the budget${told.exhausted_at ? `, which is passed on ${readable(told.exhausted_at).slice(0, 10)}` : ""}.`;
  return h("p", { class: told.on_track === false ? "problem" : "" }, `Likely ${usd(Number(told.projected_usd))} by the end of the month${range}.${verdict}`);
}

function change(limit, again) {
  const amount = input({ label: "Budget of a month, in US dollars", type: "number", min: "0.01", max: "1000000000", step: "0.01", required: true, value: limit === null ? "" : String(limit), hint: "It warns, and stops nothing." });
  const set = form([amount], limit === null ? "Set a budget" : "Change it", async () => {
    await call("PUT", PATH, { monthly_usd: Number(amount.control.value) });
    await again();
  }, { primary: false });
  const drop = limit === null ? null : h("button", { type: "button", class: "quiet", on: { click: () => attempt(async () => { await remove(PATH); await again(); }) } }, "Remove the budget");
  return [set, drop];
}
