// Says that the live connection is away, when it comes back, and what that means.

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { wire } from "./socket.js";

const GRACE_MS = 700;
const BACK_MS = 2500;

export class Banner {
  constructor() {
    this.element = h("div", { class: "banner", role: "status", hidden: true });
    this.shown = false;
    this.undo = wire.on("state", (state) => this.changed(state));
  }

  leave() {
    this.undo();
    clearTimeout(this.grace);
    clearInterval(this.clock);
  }

  changed(state) {
    clearTimeout(this.grace);
    clearInterval(this.clock);
    if (state === "waiting") {
      // A connection that is back at once is not worth a word.
      if (this.shown) this.away();
      else this.grace = setTimeout(() => this.away(), GRACE_MS);
    } else if (state === "open" && this.shown) this.back();
  }

  away() {
    this.shown = true;
    this.element.hidden = false;
    this.element.className = "banner away";
    const left = h("span", { "aria-hidden": "true" });
    const tick = () => { left.textContent = wire.retryAt > Date.now() ? ` Trying again in ${Math.ceil((wire.retryAt - Date.now()) / 1000)} s.` : " Trying again…"; };
    const slow = wire.reachable && wire.tries >= 2;
    const text = slow ? "The live connection is refused (perhaps too many tabs are open). Answers are read step by step instead." : "The connection to netra is lost. Nothing is lost with it: running answers go on, and come back here.";
    replace(this.element, icon("alert", 16), h("span", {}, text, left), h("button", { type: "button", class: "small", on: { click: () => wire.hurry() } }, "Try now"));
    tick();
    this.clock = setInterval(tick, 500);
  }

  back() {
    this.shown = false;
    this.element.className = "banner back";
    replace(this.element, icon("check", 16), h("span", {}, "Connected again."));
    this.grace = setTimeout(() => { this.element.hidden = true; }, BACK_MS);
  }
}
