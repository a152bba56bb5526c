// Where a figure comes from: the call that gave it, with its query.

import { atMoment, callDetails, standing } from "./calls.js";
import { h } from "./dom.js";
import { valued, words } from "./format.js";
import { icon } from "./icons.js";
import { callOf, load } from "./runs.js";
import { dialog } from "./ui.js";

/** Show the source of a number `{name, value, unit, text, call_id}`, or of a view's title alone. */
export async function openSource(runId, number) {
  try {
    await load(runId);
  } catch {
    // What is known already may hold the call.
  }
  const call = callOf(runId, number.call_id);
  await dialog(number.text ? "Where this figure comes from" : "Where this comes from", () => {
    const shown = h("div", { class: "source", tabindex: "-1" }, headline(number), call ? told(call) : missing(number));
    mark(shown, number);
    return shown;
  }, { kind: "drawer" });
}

function headline(number) {
  if (!number.text) return h("p", { class: "lead" }, number.name);
  const exact = number.unit === "USD" ? `${number.value} USD` : `${number.value}${number.unit && number.unit !== "count" ? ` ${number.unit}` : ""}`;
  return h("div", { class: "lead" },
    h("p", { class: "big" }, number.text),
    h("p", { class: "note" }, `${named(number.name)} · exactly ${typeof number.value === "number" ? exact : valued(number.value, number.unit)}`));
}

/** `cost[support-chat]` as “cost of support-chat”. */
function named(name) {
  const found = /^([^[]+)\[(.*)\]$/.exec(name);
  return found ? `${words(found[1])} of ${found[2]}` : words(name);
}

/** Show the figure where it stands in the result. */
function mark(shown, number) {
  if (typeof number.value !== "number") return;
  const forms = new Set([number.text, valued(number.value, number.unit), valued(number.value)]);
  for (const leaf of shown.querySelectorAll(".result .plain, .result td")) if (forms.has(leaf.textContent)) leaf.classList.add("hit");
}

function told(call) {
  return [
    h("p", { class: "call-line" }, icon("tool", 16), h("code", {}, call.tool), h("span", { class: "note" }, standing(call))),
    h("p", { class: "note" }, atMoment(call)),
    callDetails(call),
  ];
}

function missing(number) {
  return h("p", { class: "empty" }, `The call ${number.call_id} is not among the runs that this page has read. Open the message that it was made for, and try again.`);
}
