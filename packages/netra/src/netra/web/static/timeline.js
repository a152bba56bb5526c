// The work behind an answer: agents, what they think, call and hand over; folds when it is done.

import { callDetails, inBrief, standing } from "./calls.js";
import { append, h, replace } from "./dom.js";
import { calls, isEnded, present } from "./fold.js";
import { duration } from "./format.js";
import { icon } from "./icons.js";

export class Timeline {
  constructor() {
    this.glyph = h("span", { class: "glyph" });
    this.headline = h("span", { class: "headline" });
    this.list = h("ol", { class: "agents" });
    this.agents = [];
    this.touched = false;
    const summary = h("summary", { on: { click: () => { this.touched = true; } } }, this.glyph, this.headline, icon("down", 15));
    this.element = h("details", { class: "timeline", hidden: true }, summary, this.list);
  }

  update(state) {
    this.element.hidden = state.seq === 0;
    this.element.dataset.status = state.status;
    if (!this.touched) this.element.open = !isEnded(state) && state.status !== "queued";
    this.headline.textContent = isEnded(state) ? summed(state) : present(state);
    mark(this.glyph, state.status);
    state.agents.forEach((agent, i) => {
      this.agents[i] ??= this.begun(agent);
      this.agents[i].update(agent);
    });
  }

  begun(agent) {
    const line = new AgentLine(agent);
    this.list.append(line.element);
    return line;
  }
}

const GLYPHS = { completed: "check", ok: "check", failed: "alert", error: "alert", unknown: "alert", cancelled: "stop", waiting: "shield" };
const SAID = { completed: "done", ok: "done", failed: "failed", error: "failed", cancelled: "stopped", waiting: "waits", running: "running", queued: "queued" };

function mark(place, status) {
  if (place.dataset.status === status) return;
  place.dataset.status = status;
  replace(place, GLYPHS[status] ? icon(GLYPHS[status], 15) : h("span", { class: "spinner" }), h("span", { class: "unseen" }, SAID[status] ?? status));
}

function summed(state) {
  const made = calls(state);
  const failed = made.filter((c) => c.status !== "ok").length;
  const agents = new Set(state.agents.map((a) => a.name)).size;
  const took = state.startedAt && state.endedAt ? duration(new Date(state.endedAt) - new Date(state.startedAt)) : "";
  const how = { completed: "Answered", failed: "Failed", cancelled: "Stopped" }[state.status];
  const parts = [`${how}${took ? ` in ${took}` : ""}`, plural(agents, "agent"), plural(made.length, "tool call")];
  return [...parts, failed ? `${failed} without a result` : ""].filter(Boolean).join(" · ");
}

function plural(total, noun) {
  return total ? `${total} ${noun}${total === 1 ? "" : "s"}` : "";
}

class AgentLine {
  constructor(agent) {
    this.glyph = h("span", { class: "glyph" });
    this.took = h("span", { class: "took" });
    this.steps = h("ol", { class: "steps" });
    this.drawn = [];
    const head = h("div", { class: "agent-head" }, this.glyph, h("strong", {}, agent.name), h("span", { class: "task" }, agent.task), this.took);
    this.element = h("li", { class: "agent" }, head, this.steps);
  }

  update(agent) {
    mark(this.glyph, agent.status);
    this.took.textContent = Number.isFinite(agent.ms) ? duration(agent.ms) : "";
    agent.steps.forEach((step, i) => {
      if (!this.drawn[i]) {
        this.drawn[i] = step.kind === "tool" ? new CallLine(step) : { element: stepLine(step), update() {} };
        this.steps.append(this.drawn[i].element);
      }
      this.drawn[i].update(step);
    });
    if (agent.models.length && !this.models) {
      this.models = h("li", { class: "step models" }, agent.models.map((m) => h("p", {}, modelLine(m))));
      this.steps.append(this.models);
    }
  }
}

function modelLine(model) {
  const tries = model.tries > 1 ? `, ${model.tries} tries` : "";
  return `model ${model.model} (${model.provider}): ${model.outcome}${model.reason ? `, ${model.reason}` : ""}${tries}${model.ms ? ` · ${duration(model.ms)}` : ""}`;
}

function stepLine(step) {
  switch (step.kind) {
    case "thinking":
      return h("li", { class: "step thinking" }, step.text, step.failed.map((m) => h("p", { class: "note" }, modelLine(m))));
    case "handoff":
      return h("li", { class: "step handoff" }, icon("right", 14), h("span", {}, "hands over to ", h("strong", {}, step.to), step.reason ? `: ${step.reason}` : "", step.failed ? h("span", { class: "problem" }, ` (${step.failed.message})`) : null));
    case "approval":
      return h("li", { class: "step" }, `asks for approval to call ${step.tool}`);
    default:
      return h("li", { class: "step" }, String(step.type ?? step.kind));
  }
}

class CallLine {
  constructor(call) {
    this.glyph = h("span", { class: "glyph" });
    this.how = h("span", { class: "took" });
    this.inside = h("div", { class: "inside" });
    this.details = h("details", { class: "call", on: { toggle: () => this.draw() } },
      h("summary", {}, this.glyph, h("code", {}, call.tool), h("span", { class: "given" }, inBrief(call.arguments)), this.how), this.inside);
    this.element = h("li", { class: "step" }, this.details);
    this.call = call;
  }

  update(call) {
    if (this.status === call.status) return;
    this.status = call.status;
    this.details.dataset.status = call.status;
    mark(this.glyph, call.status);
    this.how.textContent = standing(call);
    this.inside.replaceChildren();
    this.draw();
  }

  /** Only what is opened is drawn. */
  draw() {
    if (this.details.open && !this.inside.firstChild) append(this.inside, callDetails(this.call));
  }
}
