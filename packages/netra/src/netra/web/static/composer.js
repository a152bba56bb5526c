// Where a question is written: grows with it, keeps it while nothing has been sent, and stops what runs.

import { fresh, h } from "./dom.js";
import { span } from "./format.js";
import { icon } from "./icons.js";

const DRAFTS = "netra.draft.";
const LOW_SHARE = 0.2;
const TALLEST = 220;

export class Composer {
  /** `acts`: `send(text)`, `stop()`; `key` names the draft. */
  constructor(key, acts) {
    this.acts = acts;
    this.belongsTo(key);
    const id = fresh("composer");
    this.text = h("textarea", {
      id, rows: "1", placeholder: "Ask a question…", "aria-describedby": `${id}-hint`,
      on: { input: () => this.typed(), keydown: (e) => this.pressed(e) },
    });
    this.text.value = sessionStorage.getItem(this.draft) ?? "";
    this.send = h("button", { class: "send", "aria-label": "Send" }, icon("send", 20));
    this.stop = h("button", { type: "button", class: "stop", hidden: true, on: { click: () => this.acts.stop() } }, icon("stop", 18), "Stop");
    this.hint = h("p", { id: `${id}-hint`, class: "note usual" }, "Enter sends, Shift+Enter begins a line. Figures come from tools, and each shows its source.");
    const submit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.element = h("form", { class: "composer", on: { submit } },
      h("div", { class: "composer-box" }, h("label", { class: "unseen", for: id }, "Your question"), this.text, h("div", { class: "composer-buttons" }, this.stop, this.send)), this.hint);
    this.typed();
    requestAnimationFrame(() => this.grow());
  }

  /** Whose draft this is. */
  belongsTo(threadId) {
    this.draft = DRAFTS + threadId;
  }

  typed() {
    sessionStorage.setItem(this.draft, this.text.value);
    this.send.disabled = !this.text.value.trim();
    this.grow();
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, TALLEST)}px`;
  }

  pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && !this.stop.hidden) this.acts.stop();
  }

  submit() {
    const text = this.text.value.trim();
    if (!text) return;
    this.write("");
    this.acts.send(text);
  }

  write(text) {
    this.text.value = text;
    this.typed();
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  running(is) {
    this.stop.hidden = !is;
  }

  /** Say what the plan still allows, when it is little. */
  limit(told) {
    if (!told || told.remaining > told.limit * LOW_SHARE) return;
    this.hint.classList.remove("usual");
    this.hint.textContent = `${told.remaining} of ${told.limit} messages are left in this hour; all are free again in ${span(told.resets_in_s)}.`;
  }
}
