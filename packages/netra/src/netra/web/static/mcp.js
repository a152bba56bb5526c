// Tool servers of the tenant.

import { get, post, remove } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { attempt, confirmed, dialog, form, input } from "./ui.js";
import { badge, filled, lines } from "./view.js";

const PATH = "/api/mcp-servers";

export function servers() {
  return filled(() => get(PATH), (told, again) => {
    const all = told.servers ?? told.mcp_servers ?? [];
    const row = (one) => [one.name, h("code", {}, one.url ?? one.address ?? ""), (one.tools ?? []).map((t) => [badge(typeof t === "string" ? t : t.name), " "]), h("button", { type: "button", class: "small", on: { click: () => drop(one, again) } }, "Remove")];
    return [lines("Tool servers", ["Name", "Address", "Tools", ""], all.map(row), "No server is listed."), h("button", { type: "button", on: { click: () => add(again) } }, icon("plus", 16), "Add a server")];
  }, "tool servers of your own");
}

async function drop(one, again) {
  if (!(await confirmed("Remove this server?", `Agents can no longer call the tools of “${one.name}”.`, "Remove"))) return;
  await attempt(() => remove(`${PATH}/${encodeURIComponent(one.server_id ?? one.id ?? one.name)}`));
  again();
}

async function add(again) {
  await dialog("Add a tool server", (close) => {
    const name = input({ label: "Name", required: true, maxlength: 40, autofocus: true });
    const url = input({ label: "Address", type: "url", required: true, maxlength: 500, placeholder: "https://" });
    const secret = input({ label: "Token (optional)", type: "password", autocomplete: "off", maxlength: 500 });
    return form([name, url, secret], "Add", async () => {
      await post(PATH, { name: name.control.value.trim(), url: url.control.value.trim(), ...(secret.control.value ? { token: secret.control.value } : {}) });
      close(true);
    });
  });
  again();
}
