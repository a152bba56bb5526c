// A deed that waits for the person's word.

import { post } from "./api.js";
import { h, replace } from "./dom.js";
import { moment, span } from "./format.js";
import { icon } from "./icons.js";
import { input, toast } from "./ui.js";
import { facts } from "./values.js";
import { sentence } from "./api.js";

export class Approvals {
  constructor(runId) {
    this.runId = runId;
    this.element = h("div", { class: "approvals" });
    this.cards = new Map();
  }

  update(state) {
    for (const asked of state.approvals) {
      if (!this.cards.has(asked.callId)) {
        this.cards.set(asked.callId, new Card(this.runId ?? state.runId, asked));
        this.element.append(this.cards.get(asked.callId).element);
      }
      this.cards.get(asked.callId).update(asked, state);
    }
  }
}

class Card {
  constructor(runId, asked) {
    this.path = `/api/runs/${runId}/approvals/${encodeURIComponent(asked.callId)}`;
    this.foot = h("div", { class: "approval-foot" });
    this.element = h("section", { class: "card approval", "aria-label": `Approval of ${asked.tool}` },
      h("h4", {}, icon("shield"), "This needs your approval"),
      asked.why ? h("p", {}, asked.why) : null,
      h("p", { class: "call-line" }, icon("tool", 16), h("code", {}, asked.tool)),
      facts(Object.entries(asked.arguments)), this.foot);
  }

  update(asked, state) {
    const stage = asked.decided ? "decided" : state.endedAt ? "over" : "open";
    if (this.stage === stage) return;
    this.stage = stage;
    this.element.dataset.stage = stage;
    clearInterval(this.clock);
    if (stage === "open") this.ask(asked);
    else replace(this.foot, stage === "over" ? h("p", { class: "note" }, "The run ended before a decision.") : outcome(asked.decided));
  }

  ask(asked) {
    const note = input({ label: "Note (optional)", maxlength: 500 });
    const buttons = [
      h("button", { type: "button", class: "primary", on: { click: () => this.decide(true, note, buttons) } }, icon("check", 16), "Approve"),
      h("button", { type: "button", on: { click: () => this.decide(false, note, buttons) } }, "Decline"),
    ];
    const left = h("span", { class: "note" });
    const tick = () => { left.textContent = expiry(asked.expiresAt); };
    if (asked.expiresAt) {
      tick();
      this.clock = setInterval(tick, 1000);
    }
    replace(this.foot, note, h("div", { class: "row" }, buttons, left));
  }

  async decide(approved, note, buttons) {
    for (const b of buttons) b.disabled = true;
    try {
      await post(this.path, { approved, note: note.control.value.trim() });
    } catch (error) {
      toast(error.noDoor ? "This netra takes no decisions over this door." : sentence(error), "error");
      for (const b of buttons) b.disabled = false;
    }
  }
}

function expiry(iso) {
  const seconds = (new Date(iso) - Date.now()) / 1000;
  return seconds > 0 ? `Declined by itself in ${span(seconds)}` : "Expired: this counts as declined";
}

function outcome(decided) {
  const who = decided.by && decided.by !== "owner" ? ` by ${decided.by}` : "";
  return h("p", { class: decided.approved ? "good" : "note" }, `${decided.approved ? "Approved" : "Declined"}${who} · ${moment(decided.at)}${decided.note ? ` · “${decided.note}”` : ""}`);
}
