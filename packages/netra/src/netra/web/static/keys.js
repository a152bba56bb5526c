// API keys: made, shown once, revoked.

import { get, post, remove } from "./api.js";
import { append, h } from "./dom.js";
import { moment, when } from "./format.js";
import { icon } from "./icons.js";
import { copied } from "./markdown.js";
import { isOperator } from "./session.js";
import { attempt, choice, confirmed, dialog, form, input } from "./ui.js";
import { badge, filled, lines } from "./view.js";

const SCOPES = [["runs:read", "read chats and answers"], ["runs:write", "ask, change and stop"], ["approvals:write", "approve what agents may do"], ["data:write", "send usage data"]];

export function apiKeys() {
  return filled(() => get("/api/auth/keys"), ({ keys }, again) => {
    const row = (key) => [key.name, h("code", {}, `${key.prefix}…`), key.scopes.map((s) => [badge(s), " "]), key.expires_at ? when(key.expires_at) : "never", key.last_used_at ? moment(key.last_used_at) : "never", h("button", { type: "button", class: "small", on: { click: () => revoke(key, again) } }, "Revoke")];
    return [lines("API keys", ["Name", "Begins with", "May", "Until", "Last used", ""], keys.map(row), "There are no keys."), h("button", { type: "button", on: { click: () => make(again) } }, icon("plus", 16), "New key")];
  }, "API keys");
}

async function revoke(key, again) {
  if (!(await confirmed("Revoke this key?", `Programs that use “${key.name}” are refused within two seconds.`, "Revoke"))) return;
  await attempt(() => remove(`/api/auth/keys/${key.id}`));
  again();
}

async function make(again) {
  const made = await dialog("New API key", (close) => {
    const name = input({ label: "Name", required: true, maxlength: 100, autofocus: true, hint: "What will use it." });
    const until = choice("Expires", [["30", "in 30 days"], ["90", "in 90 days"], ["365", "in a year"], ["", "never"]], "90");
    const scopes = [...SCOPES, ...(isOperator() ? [["operator", "the operators' doors"]] : [])].map(([scope, what], i) => {
      const box = h("input", { type: "checkbox", checked: i < 2, value: scope });
      return { box, label: h("label", { class: "check" }, box, h("code", {}, scope), ` ${what}`) };
    });
    const act = async () => {
      const wanted = scopes.filter((s) => s.box.checked).map((s) => s.box.value);
      close(await post("/api/auth/keys", { name: name.control.value.trim(), scopes: wanted, expires_in_days: until.control.value ? Number(until.control.value) : null }));
    };
    return form([name, h("fieldset", {}, h("legend", {}, "It may"), scopes.map((s) => s.label)), until], "Make the key", act);
  });
  if (!made) return;
  await dialog("Your new key", (close) => shown(made, close));
  again();
}

function shown(made, close) {
  const copy = h("button", { type: "button", class: "primary", autofocus: true, on: { click: () => copied(copy, made.key) } }, icon("copy", 16), "Copy");
  return append(h("div"), h("p", {}, "Copy it now: it is not shown again, and netra keeps only its hash."), h("pre", { class: "key", tabindex: "0" }, h("code", {}, made.key)), h("footer", {}, copy, h("button", { type: "button", on: { click: () => close() } }, "Done")));
}
