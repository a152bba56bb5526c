// The side of the page: new chat, search, conversations by day, and the way to everything else.

import { h, replace } from "./dom.js";
import { era } from "./format.js";
import { icon } from "./icons.js";
import { isOperator, logout, session } from "./session.js";
import { threadMenu } from "./thread_head.js";
import { threads } from "./threads.js";
import { attempt, menu, unavailable } from "./ui.js";

const SEARCH_MS = 220;
const NARROW = "(max-width: 820px)";

export class Sidebar {
  constructor() {
    this.list = h("div", { class: "thread-list" });
    this.current = null;
    const search = h("input", { type: "search", placeholder: "Search chats", "aria-label": "Search chats", maxlength: "200", on: { input: () => this.typed(search.value) } });
    this.which = h("button", { type: "button", class: "quiet small", "aria-pressed": "false", on: { click: () => this.swap() } }, "Archived");
    this.links = h("ul", { class: "places" });
    this.element = h("aside", { class: "sidebar", id: "sidebar", "aria-label": "Chats and places", on: { click: (e) => { if (e.target.closest("a")) this.close(); } } },
      h("div", { class: "side-head" }, h("a", { class: "wordmark", href: "#/" }, "netra"), h("button", { type: "button", class: "icon-button side-close", "aria-label": "Close the menu", on: { click: () => this.close() } }, icon("close"))),
      h("a", { class: "button new-chat", href: "#/" }, icon("plus"), "New chat"),
      h("div", { class: "search" }, icon("search", 16), search),
      h("nav", { class: "threads", "aria-label": "Chats" }, this.list),
      h("nav", { class: "side-foot", "aria-label": "Places" }, this.links, this.account()));
    threads.on("change", () => this.draw());
    this.drawLinks("");
  }

  account() {
    const { email, display_name: name } = session.account;
    const face = h("span", { class: "account" }, h("span", { class: "avatar", "aria-hidden": "true" }, (name || email)[0].toUpperCase()), h("span", { class: "who" }, name || email));
    return menu(`Account of ${email}`, [
      { label: "Settings", icon: "settings", act: () => { location.hash = "#/settings"; } },
      { label: "Log out", icon: "out", act: () => attempt(logout) },
    ], face);
  }

  drawLinks(view) {
    const places = [["usage", "Usage", "chart"], ["data", "Data", "data"], ["settings", "Settings", "settings"]];
    if (isOperator()) places.push(["operator", "Operator", "pulse"]);
    replace(this.links, places.map(([name, label, face]) => h("li", {}, h("a", { href: `#/${name}`, "aria-current": view === name ? "page" : null }, icon(face), label))));
  }

  typed(words) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => threads.search(words.trim()), SEARCH_MS);
  }

  swap() {
    const archived = threads.status === "active";
    this.which.setAttribute("aria-pressed", String(archived));
    threads.show(archived ? "archived" : "active");
  }

  /** Which thread is open. */
  mark(threadId, view) {
    this.current = threadId;
    this.drawLinks(view);
    this.draw();
  }

  draw() {
    const groups = new Map();
    for (const thread of threads.list) {
      const name = threads.words ? "Found" : era(thread.updated_at);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(thread);
    }
    const drawn = [...groups].map(([name, some]) => h("section", {}, h("h2", {}, name), h("ul", {}, some.map((t) => this.line(t)))));
    const more = threads.cursor ? h("button", { type: "button", class: "quiet more", on: { click: () => attempt(() => threads.more()) } }, "More") : null;
    replace(this.list, threads.error ? unavailable(threads.error, "conversations") : null, drawn, groups.size || !threads.loaded ? null : h("p", { class: "note none" }, this.nothing()), more, h("div", { class: "which" }, this.which));
  }

  nothing() {
    if (threads.words) return `Nothing holds “${threads.words}”.`;
    return threads.status === "archived" ? "Nothing is archived." : "Your chats will be here.";
  }

  line(thread) {
    const current = thread.thread_id === this.current;
    const link = h("a", { href: `#/t/${thread.thread_id}`, "aria-current": current ? "page" : null, title: thread.title || "Untitled chat" }, h("span", { class: "name" }, thread.title || "Untitled chat"), thread.excerpt ? h("span", { class: "excerpt" }, thread.excerpt) : null);
    return h("li", { class: current ? "thread current" : "thread" }, link, threadMenu(thread));
  }

  /** Where the page is narrow, this lies above it, and the rest waits. */
  open() {
    document.body.classList.add("side-open");
    document.querySelector(".stage").inert = matchMedia(NARROW).matches;
    this.element.querySelector("a, button").focus();
  }

  close() {
    if (!document.body.classList.contains("side-open")) return;
    document.body.classList.remove("side-open");
    document.querySelector(".stage").inert = false;
    if (matchMedia(NARROW).matches) document.querySelector(".side-open-button").focus();
  }
}
