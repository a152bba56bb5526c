// The person's own things: profile, look, password, sessions, keys, linked accounts, and the end of it all.

import { get, patch, post, remove, sentence } from "./api.js";
import { h } from "./dom.js";
import { moment, when } from "./format.js";
import { apiKeys } from "./keys.js";
import { servers } from "./mcp.js";
import { ended, erase, logout, session } from "./session.js";
import { attempt, choice, confirmed, dialog, form, input, toast } from "./ui.js";
import { badge, filled, lines, page, part } from "./view.js";

const THEME = "netra.theme";

export function open() {
  return page("Settings", "",
    part("Profile", session.account.email, profile()),
    part("Appearance", "", appearance()),
    part("API keys", "For your programs. A key is shown once.", apiKeys()),
    part("Tool servers", "Servers of the Model Context Protocol that your agents may call. What they answer is treated as untrusted.", servers()),
    part("Sessions", "Where you are logged in.", sessions()),
    document.documentElement.dataset.oidc === "yes" ? part("Linked accounts", "What else opens this account.", linked()) : null,
    session.account.has_password === false ? null : part("Password", "Changing it ends every session, this one too.", password()),
    part("Leave", "", goodbye()));
}

function profile() {
  const name = input({ label: "Name", value: session.account.display_name, maxlength: 200, autocomplete: "name" });
  return form([name], "Save", async () => {
    session.account = { ...session.account, ...(await patch("/api/auth/me", { display_name: name.control.value.trim() })) };
    toast("Your name is saved.");
  }, { primary: false });
}

function appearance() {
  const present = document.documentElement.dataset.theme ?? "system";
  return choice("Colours", [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]], present, (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === "system") localStorage.removeItem(THEME);
      else localStorage.setItem(THEME, theme);
    } catch {
      toast("The browser keeps nothing for this page, so this holds until you leave.");
    }
  });
}

function sessions() {
  return filled(() => get("/api/auth/sessions"), ({ sessions: open }, again) => {
    const end = (one) => attempt(async () => {
      await remove(`/api/auth/sessions/${one.session_id}`);
      if (one.current) ended();
      else again();
    });
    const row = (one) => [one.kind === "cookie" ? "Browser" : "Program", [moment(one.opened_at), " ", one.current ? badge("this one", "good") : null], when(one.expires_at), h("button", { type: "button", class: "small", on: { click: () => end(one) } }, "End")];
    return lines("Sessions", ["Kind", "Opened", "Until", ""], open.map(row), "No session is open.");
  }, "a list of sessions");
}

function linked() {
  return filled(() => get("/api/auth/oidc/identities"), ({ identities }, again) => {
    const row = (one) => [one.issuer, one.email ?? one.subject ?? "", h("button", { type: "button", class: "small", on: { click: () => attempt(async () => { await remove(`/api/auth/oidc/identities/${one.id ?? one.identity_id}`); again(); }) } }, "Unlink")];
    return [lines("Linked accounts", ["Provider", "Account", ""], identities.map(row), "Nothing is linked."), h("button", { type: "button", on: { click: link } }, "Link an account")];
  }, "linked accounts");
}

async function link() {
  const secret = session.account.has_password === false ? "" : await secretAsked("Link an account", "Go on");
  if (secret === null) return;
  await attempt(async () => {
    const { location: there } = await post("/api/auth/oidc/link", { return_to: "/#/settings", ...(secret ? { password: secret } : {}) });
    location.assign(there);
  });
}

/** The password again; null when left. */
function secretAsked(title, action) {
  return dialog(title, (close) => {
    const field = input({ label: "Your password", type: "password", autocomplete: "current-password", required: true, autofocus: true });
    const submit = (event) => {
      event.preventDefault();
      close(field.control.value);
    };
    return h("form", { on: { submit } }, field, h("footer", {}, h("button", { type: "button", on: { click: () => close() } }, "Cancel"), h("button", { class: "primary" }, action)));
  });
}

function password() {
  const present = input({ label: "Present password", type: "password", autocomplete: "current-password", required: true, maxlength: 256 });
  const next = input({ label: "New password", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 256, hint: "At least 8 characters." });
  return form([present, next], "Change password", async () => {
    await post("/api/auth/password", { current_password: present.control.value, new_password: next.control.value }, { quiet: true });
    ended();
  }, { primary: false });
}

function goodbye() {
  const everywhere = () => attempt(async () => {
    if (!(await confirmed("Log out everywhere?", "Every session of yours ends, here and elsewhere. API keys stay.", "Log out everywhere"))) return;
    await post("/api/auth/logout-everywhere");
    ended();
  });
  const forGood = async () => {
    if (!(await confirmed("Delete your account?", "Your chats, your data and your keys go for good. Nobody can bring them back.", "Go on"))) return;
    const secret = session.account.has_password === false ? "" : await secretAsked("Delete your account", "Delete for good");
    if (secret === null) return;
    try {
      await erase(secret);
    } catch (error) {
      toast(sentence(error), "error");
    }
  };
  return h("div", { class: "row" },
    h("button", { type: "button", on: { click: () => attempt(logout) } }, "Log out"),
    h("button", { type: "button", on: { click: everywhere } }, "Log out everywhere"),
    h("button", { type: "button", class: "danger", on: { click: forGood } }, "Delete account"));
}
