// What operators watch: dependencies, runs, what happened to accounts, and goldenpath's worklogs.

import { h, replace } from "./dom.js";
import { health } from "./health.js";
import { audit, oneRun, runList } from "./operator_runs.js";
import { isOperator } from "./session.js";
import { page } from "./view.js";
import { oneWorklog, worklogs } from "./worklogs.js";

const TABS = [["health", "Health"], ["runs", "Runs"], ["audit", "Accounts"], ["worklogs", "Worklogs"]];

export function open([tab = "health", id]) {
  if (!isOperator()) return page("Operator", "Only operators see this. An operator makes another: netra user promote.");
  const body = h("div", { class: "tab-body" });
  const drawn = { health, runs: () => (id ? oneRun(id) : runList()), audit, worklogs: () => (id ? oneWorklog(id) : worklogs()) }[tab] ?? health;
  const shown = drawn();
  replace(body, shown.element ?? shown);
  const tabs = h("nav", { class: "tabs", "aria-label": "Operator" }, TABS.map(([name, label]) => h("a", { href: `#/operator/${name}`, "aria-current": tab === name ? "page" : null }, label)));
  return Object.assign(page("Operator", "", tabs, body), { leave: () => shown.leave?.() });
}
