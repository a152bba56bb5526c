// Servers of the Model Context Protocol that the tenant brings, and which of their tools agents may call.

import { call, get, post, remove } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { attempt, confirmed, dialog, form, input } from "./ui.js";
import { filled } from "./view.js";

const PATH = "/api/mcp-servers";
const HOW = { label: "Token", type: "password", autocomplete: "off", maxlength: 4096, pattern: "[A-Za-z0-9._~+\\/\\-]+=*" };
const FREEDOMS = [["no", "not at all"], ["reads", "freely: it only reads"], ["asks", "each time with my approval"]];

export function servers() {
  return filled(() => get(PATH), (told, again) => [
    told.servers.length ? told.servers.map((one) => card(one, again)) : h("p", { class: "empty" }, "No server is listed."),
    h("button", { type: "button", on: { click: () => add(again) } }, icon("plus", 16), "Add a server"),
  ], "tool servers of your own");
}

function card(one, again) {
  const drop = h("button", { type: "button", class: "small", "aria-label": `Remove ${one.name}`, on: { click: () => removed(one, again) } }, "Remove");
  const token = h("button", { type: "button", class: "small", "aria-label": `Token of ${one.name}`, on: { click: () => replaced(one, again) } }, "Token");
  const where = one.has_token ? `${one.url}, with a token` : one.url;
  return h("section", { class: "card server", "aria-label": one.name },
    h("div", { class: "row between" }, h("div", {}, h("h3", {}, one.name), h("p", { class: "note" }, where)), h("div", { class: "row" }, token, drop)),
    one.tools.length ? h("ul", { class: "server-tools" }, one.tools.map((tool) => h("li", {}, choiceOf(one, tool)))) : h("p", { class: "note" }, "It offers no tool."));
}

function choiceOf(one, tool) {
  const choose = h("select", { "aria-label": `Agents may call ${tool.name}`, on: { change: () => allow(one, tool, choose) } }, FREEDOMS.map(([value, name]) => h("option", { value }, name)));
  choose.value = tool.allowed;
  return [h("div", {}, h("code", {}, tool.name), tool.description ? h("p", { class: "note" }, tool.description) : null), choose];
}

/** The door takes the whole list at once: what is not named may not be called. */
async function allow(one, tool, choose) {
  const before = tool.allowed;
  tool.allowed = choose.value;
  const wanted = Object.fromEntries(one.tools.map((t) => [t.name, t.allowed]));
  if (await attempt(() => call("PUT", `${PATH}/${one.id}/tools`, { tools: wanted }))) return;
  tool.allowed = before;
  choose.value = before;
}

async function replaced(one, again) {
  await dialog(`Token of ${one.name}`, (close) => {
    const token = input({ ...HOW, autofocus: true, hint: `Sent with every call from the next run on. Left empty, netra ${one.has_token ? "forgets the present one" : "sends none"}.` });
    return form([token], "Save", async () => {
      await call("PUT", `${PATH}/${one.id}/token`, { token: token.control.value.trim() || null });
      close(true);
    });
  });
  again();
}

async function removed(one, again) {
  if (!(await confirmed("Remove this server?", `Agents can no longer call the tools of “${one.name}”.`, "Remove"))) return;
  await attempt(() => remove(`${PATH}/${one.id}`));
  again();
}

async function add(again) {
  await dialog("Add a tool server", (close) => {
    const name = input({ label: "Name", required: true, maxlength: 31, pattern: "[a-z][a-z0-9\\-]*", autofocus: true, hint: "Small letters, digits and -. Its tools are called mcp.name.tool." });
    const url = input({ label: "Address", type: "url", required: true, maxlength: 500, placeholder: "https://…" });
    const token = input({ ...HOW, hint: "If the server wants one. It is kept sealed and never shown again." });
    return form([name, url, token], "Add", async () => {
      await post(PATH, { name: name.control.value.trim(), url: url.control.value.trim(), token: token.control.value.trim() || null });
      close(true);
    });
  });
  again();
}
