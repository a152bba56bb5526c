// Begins: who is here, what is asked for, and what stays around every view.

import { openChat } from "./chat.js";
import { h, replace } from "./dom.js";
import { bus } from "./emitter.js";
import "./fallback.js";
import { icon } from "./icons.js";
import { failedLogin, tellFailure } from "./landing.js";
import { forgetRuns } from "./runs.js";
import { recognise, session } from "./session.js";
import { Sidebar } from "./sidebar.js";
import { wire } from "./socket.js";
import { threads } from "./threads.js";
import { Banner } from "./banner.js";
import { toast, unavailable, waiting } from "./ui.js";

const root = document.getElementById("app");
const OWNER = "netra.user";
const VIEWS = {
  usage: () => import("./usage.js"),
  data: () => import("./data.js"),
  settings: () => import("./settings.js"),
  operator: () => import("./operator.js"),
};

let shell = null;
let view = null;

async function begin() {
  const failure = failedLogin();
  try {
    if (await recognise()) {
      enter();
      if (failure) tellFailure(failure);
    } else welcome(failure);
  } catch (error) {
    replace(root, h("main", { class: "opening" }, h("h1", { class: "wordmark" }, "netra"), unavailable(error, "log-in"), h("button", { type: "button", class: "primary", on: { click: () => location.reload() } }, "Try again")));
  }
}

/** Show the log-in; what was open comes back after it. */
async function welcome(notice) {
  leave();
  const { loginView } = await import("./login.js");
  replace(root, loginView(notice, enter));
  document.title = "Log in · netra";
}

function enter() {
  if (sessionStorage.getItem(OWNER) !== session.account.user_id) {
    if (sessionStorage.getItem(OWNER)) location.hash = "#/";
    sessionStorage.clear();
    sessionStorage.setItem(OWNER, session.account.user_id);
    forgetRuns();
    threads.forget();
  }
  const sidebar = new Sidebar();
  const main = h("main", { id: "main", tabindex: "-1" });
  const banner = new Banner();
  const open = h("button", { type: "button", class: "icon-button side-open-button", "aria-label": "Open the menu", "aria-controls": "sidebar", on: { click: () => sidebar.open() } }, icon("menu"));
  const skip = h("button", { type: "button", class: "skip", on: { click: () => main.focus() } }, "Skip to the conversation");
  shell = { sidebar, main, banner };
  replace(root, skip, h("div", { class: "shell" }, sidebar.element, h("div", { class: "veil", on: { click: () => sidebar.close() } }), h("div", { class: "stage" }, open, banner.element, main)));
  wire.start();
  threads.refresh();
  route();
}

function leave() {
  view?.leave?.();
  view = null;
  shell?.banner.leave();
  shell = null;
  wire.stop();
}

async function route() {
  if (!shell) return;
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (name === "t" && view?.threadId === rest[0]) return;
  view?.leave?.();
  shell.sidebar.close();
  const { main } = shell;
  const opened = location.hash;
  try {
    if (VIEWS[name]) {
      replace(main, waiting());
      const { open } = await VIEWS[name]();
      if (location.hash !== opened || !shell) return;
      view = open(rest);
    } else view = openChat(name === "t" ? rest[0] : null);
  } catch (error) {
    replace(main, h("p", { class: "problem", role: "alert" }, `This view could not be opened: ${error.message}. `), h("button", { type: "button", on: { click: () => location.reload() } }, "Reload"));
    return;
  }
  replace(main, view.element);
  document.title = `${view.title} · netra`;
  shell.sidebar.mark(view.threadId ?? null, name);
  (view.focus ?? (() => main.querySelector("h1")?.focus())).call(view);
}

let leaving = false;

async function out(notice) {
  if (!shell || leaving) return;
  leaving = true;
  await welcome(notice);
  leaving = false;
}

addEventListener("hashchange", route);
bus.on("signed-out", () => out("Your session has ended. Log in to go on; what you wrote is kept."));
bus.on("logged-out", () => {
  history.replaceState(null, "", "#/");
  out("");
});
bus.on("thread-opened", (threadId) => shell?.sidebar.mark(threadId, ""));
threads.on("removed", (threadId) => { if (view?.threadId === threadId) location.hash = "#/"; });
threads.on("changed", (thread) => { if (view?.threadId === thread.thread_id) view.drawHead(thread); });
wire.on("ended", () => bus.tell("signed-out"));
wire.on("problem", (frame) => toast([frame.message, frame.hint].filter(Boolean).join(": "), "error"));
addEventListener("keydown", (event) => {
  if (event.key === "Escape") shell?.sidebar.close();
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    shell?.sidebar.open();
    shell?.sidebar.element.querySelector("input[type=search]").focus();
  }
});

begin();
