// Small parts that every view uses: notices, dialogs, menus, fields.

import { sentence } from "./api.js";
import { append, fresh, h } from "./dom.js";
import { icon } from "./icons.js";

const TOAST_MS = 7000;

/** A notice that goes by itself. */
export function toast(text, kind = "info") {
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", on: { click: () => notice.remove() } }, icon("close", 16));
  const notice = h("div", { class: ["toast", kind], role: kind === "error" ? "alert" : "status" }, icon(kind === "error" ? "alert" : "check"), h("span", {}, text), close);
  document.getElementById("toasts").append(notice);
  setTimeout(() => notice.remove(), TOAST_MS);
}

/** Do it, and say so when it fails; answers whether it went well. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (error.status !== 401) toast(sentence(error), "error");
    return false;
  }
}

/** A modal dialog; `content` receives a function that closes it with an answer. Resolves to the answer, null when left. */
export function dialog(title, content, { kind = "" } = {}) {
  const id = fresh("dialog");
  return new Promise((resolve) => {
    let answer = null;
    const close = (given) => {
      answer = given ?? null;
      element.close();
    };
    const head = h("header", {}, h("h2", { id }, title), h("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => close() } }, icon("close")));
    const element = h("dialog", { class: kind, "aria-labelledby": id, on: { close: () => { element.remove(); resolve(answer); } } }, head);
    element.addEventListener("pointerdown", (event) => { if (event.target === element) close(); });
    append(element, content(close));
    document.body.append(element);
    element.showModal();
    element.querySelector("[autofocus]")?.focus();
  });
}

/** Ask before something is done; resolves to whether. */
export async function confirmed(title, text, action, { danger = true } = {}) {
  return (await dialog(title, (close) => [
    h("p", {}, text),
    h("footer", {},
      h("button", { type: "button", on: { click: () => close() } }, "Cancel"),
      h("button", { type: "button", class: danger ? "danger" : "primary", autofocus: true, on: { click: () => close(true) } }, action)),
  ])) === true;
}

/** Ask for one line; resolves to it, or to null. */
export function asked(title, label, value, action = "Save") {
  return dialog(title, (close) => {
    const field = input({ label, value, maxlength: 200, required: true, autofocus: true });
    const submit = (event) => {
      event.preventDefault();
      close(field.control.value.trim());
    };
    return h("form", { on: { submit } }, field, h("footer", {}, h("button", { type: "button", on: { click: () => close() } }, "Cancel"), h("button", { class: "primary" }, action)));
  });
}

/** A button that opens a menu of `{label, icon, act, danger}`; the menu stands above all else, so that nothing cuts it off. */
export function menu(label, entries, face = icon("more")) {
  const id = fresh("menu");
  const items = entries.map((entry) => h("button", { type: "button", role: "menuitem", tabindex: "-1", class: entry.danger ? "danger" : "", on: { click: () => { close(true); entry.act(); } } }, entry.icon ? icon(entry.icon, 16) : null, entry.label));
  const list = h("div", { id, class: "menu", role: "menu", "aria-label": label, popover: "manual" }, items);
  const button = h("button", { type: "button", class: "icon-button", "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": id, on: { click: () => (isOpen() ? close(true) : open()) } }, face);
  const holder = h("div", { class: "menu-holder" }, button, list);
  const isOpen = () => list.matches(":popover-open");
  const outside = (event) => { if (!holder.contains(event.target)) close(false); };
  function open() {
    list.showPopover();
    place(list, button);
    button.setAttribute("aria-expanded", "true");
    items[0].focus();
    document.addEventListener("pointerdown", outside);
  }
  function close(back) {
    if (isOpen()) list.hidePopover();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (back) button.focus();
  }
  holder.addEventListener("keydown", (event) => {
    if (!isOpen()) return;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape") close(true);
    else if (event.key === "Tab") close(false);
    else if (to !== undefined) items[to].focus();
    if (event.key === "Escape" || to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
  return holder;
}

/** Below the button, or above it where there is no room. */
function place(list, button) {
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const left = Math.max(8, Math.min(from.right - width, innerWidth - width - 8));
  const below = from.bottom + 4;
  list.style.left = `${left}px`;
  list.style.top = `${below + height > innerHeight - 8 ? Math.max(8, from.top - height - 4) : below}px`;
}

/** A labelled input; `control` is the element itself. */
export function input({ label, hint = "", ...properties }) {
  const id = fresh("field");
  const control = h("input", { id, type: "text", ...properties, "aria-describedby": hint ? `${id}-hint` : null });
  return Object.assign(h("div", { class: "field" }, h("label", { for: id }, label), control, hint ? h("p", { id: `${id}-hint`, class: "note" }, hint) : null), { control });
}

/** A labelled choice of `[value, name]`. */
export function choice(label, options, value, change = () => {}) {
  const id = fresh("field");
  const control = h("select", { id, on: { change: () => change(control.value) } }, options.map(([v, name]) => h("option", { value: v }, name)));
  control.value = value;
  return Object.assign(h("div", { class: "field" }, h("label", { for: id }, label), control), { control });
}

/** A form that says in place what went wrong; `act` receives nothing and may raise. */
export function form(fields, action, act, { primary = true } = {}) {
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { class: primary ? "primary" : "" }, action);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await act();
    } catch (error) {
      problem.textContent = sentence(error);
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { on: { submit } }, fields, problem, button);
}

/** What stands where something could not be read; says it honestly when this netra has no such door. */
export function unavailable(error, what) {
  if (error.noDoor) return h("p", { class: "empty" }, `This netra does not offer ${what} yet.`);
  return h("p", { class: "problem", role: "alert" }, sentence(error));
}

export function waiting(text = "Loading…") {
  return h("p", { class: "loading", role: "status" }, text);
}
