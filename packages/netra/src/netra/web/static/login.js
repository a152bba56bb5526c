// Log in, or make an account.

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { login, register } from "./session.js";
import { form, input } from "./ui.js";

/** `notice` says why the person is here again; `enter` opens the page. */
export function loginView(notice, enter) {
  const box = h("div", { class: "login-box" });
  const show = (making) => replace(box, notice ? h("p", { class: "notice", role: "alert" }, notice) : null, making ? registration(enter) : entrance(enter), provider(), other(making, show));
  show(false);
  return h("main", { class: "login", id: "main" },
    h("div", { class: "login-head" }, h("h1", { class: "wordmark" }, "netra"), h("p", {}, "What your AI workloads cost, how fast they are and how good: asked in words, answered with figures that show their source.")),
    box);
}

function entrance(enter) {
  const email = input({ label: "Email", type: "email", autocomplete: "username", required: true, maxlength: 254 });
  const password = input({ label: "Password", type: "password", autocomplete: "current-password", required: true, maxlength: 256 });
  const act = async () => {
    await login(email.control.value.trim(), password.control.value);
    enter();
  };
  return [h("h2", {}, "Log in"), form([email, password], "Log in", act)];
}

function registration(enter) {
  const name = input({ label: "Name", autocomplete: "name", maxlength: 200 });
  const email = input({ label: "Email", type: "email", autocomplete: "username", required: true, maxlength: 254 });
  const password = input({ label: "Password", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 256, hint: "At least 8 characters." });
  const act = async () => {
    await register({ display_name: name.control.value.trim(), email: email.control.value.trim(), password: password.control.value });
    enter();
  };
  return [h("h2", {}, "Create an account"), form([name, email, password], "Create account", act)];
}

/** The identity provider's log-in, where one is configured. */
function provider() {
  if (document.documentElement.dataset.oidc !== "yes") return null;
  const back = encodeURIComponent(`/${location.hash}`);
  return [h("p", { class: "or" }, "or"), h("a", { class: "button wide", href: `/api/auth/oidc/login?return_to=${back}` }, icon("key"), "Continue with your organisation")];
}

function other(making, show) {
  const swap = h("button", { type: "button", class: "link", on: { click: () => show(!making) } }, making ? "Log in" : "Create an account");
  return h("p", { class: "other" }, making ? "You have an account? " : "New here? ", swap);
}

