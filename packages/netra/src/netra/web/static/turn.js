// One question with the work it caused and its answer.

import { Approvals } from "./approvals.js";
import { announce, append, h, replace, unseen } from "./dom.js";
import { isEnded } from "./fold.js";
import { figureOf } from "./figures.js";
import { moment, span, when } from "./format.js";
import { icon } from "./icons.js";
import { Markdown, copied } from "./markdown.js";
import { linkNumbers } from "./numbers.js";
import { repeats } from "./repeats.js";
import { load, runOf } from "./runs.js";
import { openSource } from "./source.js";
import { Timeline } from "./timeline.js";

const FAILURES = {
  budget_exceeded: "The day's budget for models is used up.",
  deadline: "The run took longer than it may.",
  deadline_exceeded: "The run took longer than it may.",
  unbacked_number: "The answer held a number that no tool gave, so it was refused.",
  worker_lost: "The worker that did this was lost.",
};

/** `asked`: `{question, messageId, runId, at, answer}`; without a run it is not accepted yet. `acts`: `retry(turn)`, `grown()`. */
export class Turn {
  constructor(asked, acts) {
    Object.assign(this, { ...asked, acts });
    this.timeline = new Timeline();
    this.prose = h("div", { class: "prose answer" });
    this.markdown = new Markdown(this.prose);
    this.figures = h("div", { class: "figures" });
    this.foot = h("div", { class: "turn-foot" });
    this.approvals = new Approvals(this.runId);
    this.sending = h("p", { class: "note sending" }, this.runId ? "" : "Sending…");
    this.element = h("li", { class: "turn" },
      h("div", { class: "question" }, h("h3", { class: "unseen" }, "You asked"), h("div", { class: "bubble" }, this.question), this.sending),
      h("div", { class: "reply" }, h("h3", { class: "unseen" }, "netra answers"), this.timeline.element, this.approvals.element, this.prose, this.figures, this.foot));
    if (this.answer) this.markdown.update(this.answer);
    if (this.runId) this.attach();
  }

  /** The message is durable now. */
  accept({ run_id: runId, message_id: messageId }) {
    Object.assign(this, { runId, messageId });
    this.approvals.runId = runId;
    this.sending.textContent = "";
    this.attach();
  }

  refuse(text) {
    replace(this.sending, h("span", { class: "problem" }, text), " ", h("button", { type: "button", class: "quiet small", on: { click: () => this.acts.retry(this) } }, icon("retry", 15), "Send again"));
  }

  attach() {
    const run = runOf(this.runId);
    this.detach?.();
    this.detach = run.on("change", (event) => this.changed(event));
    if (run.state.seq) this.draw();
  }

  /** Read the run's log, once it is wanted. */
  async unfold() {
    try {
      await load(this.runId);
    } catch (error) {
      if (!this.answer && error.status !== 401) replace(this.foot, h("p", { class: "note" }, "What happened here cannot be read now."));
    }
  }

  changed(event) {
    tell(event, runOf(this.runId).state);
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const { state } = runOf(this.runId);
    this.timeline.update(state);
    this.approvals.update(state);
    if (state.text || !this.answer) this.markdown.update(state.text);
    this.prose.classList.toggle("streaming", !isEnded(state) && state.text !== "");
    if (isEnded(state) && !this.done) this.finish(state);
    this.acts.grown();
  }

  finish(state) {
    this.done = true;
    const open = (number) => openSource(this.runId, number);
    linkNumbers(this.prose, state.result.numbers ?? [], open);
    append(this.figures, (state.result.views ?? []).filter((v) => !this.tells(v)).map((view) => figureOf(view, open)));
    for (const part of state.result.failed ?? []) append(this.foot, h("p", { class: "note" }, `${part.agent} could not do its part: ${part.message}`));
    if (state.failure) append(this.foot, failure(state.failure));
    if (state.cancelled) append(this.foot, h("p", { class: "note" }, `Stopped${state.cancelled.by && state.cancelled.by !== "owner" ? ` by ${state.cancelled.by}` : ""}.`));
    append(this.foot, this.actions(state));
  }

  /** Whether a table of the text shows all of a view that is a table. */
  tells(view) {
    return view.kind === "table" && [...this.prose.querySelectorAll("tbody")].some((body) => repeats([...body.rows].map((r) => [...r.cells].map((c) => c.textContent)), view));
  }

  actions(state) {
    const copy = h("button", { type: "button", class: "quiet small", on: { click: () => copied(copy, state.text) } }, icon("copy", 15), "Copy");
    const retry = h("button", { type: "button", class: "quiet small", on: { click: () => this.acts.retry(this) } }, icon("retry", 15), "Ask again");
    const time = h("time", { datetime: state.endedAt, title: moment(state.endedAt) }, when(state.endedAt));
    return h("div", { class: "row actions" }, state.text ? copy : null, retry, time, author(state));
  }
}

/** Who wrote it: a model by its name, or the builtin analyst. */
function author(state) {
  const models = [...new Set(state.models.filter((m) => ["answered", "cached"].includes(m.outcome)).map((m) => m.model))];
  const builtin = state.result.analyst === "builtin";
  return h("span", { class: "note" }, models.length ? models.join(", ") : builtin ? "builtin analyst, no language model" : "");
}

function failure(told) {
  const known = FAILURES[told.reason];
  const resets = told.budget ? ` It is free again in ${span((new Date(told.budget.resets_at) - Date.now()) / 1000)}.` : "";
  const where = told.component ? ` (${told.component})` : "";
  return h("div", { class: "card failure", role: "group", "aria-label": "This run failed" }, icon("alert"),
    h("div", {}, h("p", {}, h("strong", {}, known ?? "There is no answer."), ` ${told.message}${where}${resets}`), h("p", { class: "note" }, unseen("Reason: "), h("code", {}, told.reason), told.retryable ? " · asking again may help" : "")));
}

/** What somebody who does not see the page should hear: beginnings and ends, not every word. */
function tell(event, state) {
  if (event.type === "agent_started") announce(`${event.agent} is at work`);
  else if (event.type === "approval_requested") announce(`netra asks for your approval of ${event.data.tool}`);
  else if (isEnded(state)) announce(state.status === "completed" ? "The answer is complete." : state.status === "failed" ? "The run failed." : "The run was stopped.");
}
