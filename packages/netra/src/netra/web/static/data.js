// Usage data comes in: a file from here, or traces from the programs themselves.

import { get, query, refused, sentence } from "./api.js";
import { h, unseen } from "./dom.js";
import { count, moment, size } from "./format.js";
import { icon } from "./icons.js";
import { choice, input, toast } from "./ui.js";
import { badge, filled, page, part } from "./view.js";

const FORMATS = [["auto", "Recognise it"], ["columns", "A column for each field"], ["litellm", "LiteLLM export"], ["langfuse", "Langfuse export"], ["helicone", "Helicone export"]];
const POLL_MS = 1000;

export function open() {
  const view = new Imports();
  return Object.assign(page("Data", "netra answers from the usage data that you bring in. The same file twice counts once.", part("Import a file", "", view.drop, view.options, view.sending), part("Imports", "", view.list), part("Send traces", "", traces())), { leave: () => view.leave() });
}

class Imports {
  constructor() {
    this.file = h("input", { type: "file", id: "import-file", accept: ".csv,.tsv,.jsonl,.ndjson,.json,.parquet,.gz", on: { change: () => this.take(this.file.files) } });
    this.drop = h("div", { class: "drop", on: { dragover: (e) => this.over(e, true), dragleave: (e) => this.over(e, false), drop: (e) => this.dropped(e) } },
      icon("data", 26), h("label", { for: "import-file" }, h("strong", {}, "Choose a file"), " or drop it here"), h("p", { class: "note" }, "CSV, JSON lines (also .gz) or Parquet; exports of LiteLLM, Langfuse and Helicone as they are"), this.file);
    this.format = choice("Format", FORMATS, "auto");
    this.workload = input({ label: "Workload, where rows name none", maxlength: 200 });
    this.model = input({ label: "Model, where rows name none", maxlength: 200 });
    this.options = h("details", { class: "more-options" }, h("summary", {}, "Options"), h("div", { class: "row fields" }, this.format, this.workload, this.model));
    this.sending = h("div", { class: "sending-list" });
    this.list = filled(() => get("/api/imports"), (told) => this.drawn(told), "imports over the page; netra data import FILE does it in a terminal");
  }

  leave() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  over(event, is) {
    event.preventDefault();
    this.drop.classList.toggle("over", is);
  }

  dropped(event) {
    this.over(event, false);
    this.take(event.dataTransfer.files);
  }

  async take(files) {
    for (const file of [...files]) await this.send(file);
    this.file.value = "";
  }

  async send(file) {
    const bar = h("progress", { max: "1", value: 0, "aria-label": `Sending ${file.name}` });
    const said = h("span", { class: "note" }, size(file.size));
    const line = h("div", { class: "sending-line" }, h("span", {}, `Sending ${file.name}`), bar, said);
    this.sending.append(line);
    try {
      await this.upload(file, (share) => { bar.value = share; });
      toast(`${file.name} has arrived and is being read.`);
    } catch (error) {
      toast(error.noDoor ? "This netra takes no files over the page. In a terminal: netra data import FILE." : `${file.name}: ${sentence(error)}`, "error");
    }
    line.remove();
    this.list.again();
  }

  /** Not `fetch`: only this says how much has gone. */
  upload(file, progress) {
    const address = query("/api/imports", { filename: file.name, format: this.format.control.value, workload: this.workload.control.value.trim(), model: this.model.control.value.trim() });
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("POST", address);
      request.responseType = "json";
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
      request.addEventListener("load", () => (request.status < 300 ? resolve(request.response) : reject(refused(request.status, request.response, false))));
      request.addEventListener("error", () => reject(new Error("the connection broke while the file was sent")));
      request.send(file);
    });
  }

  drawn({ imports }) {
    clearTimeout(this.timer);
    if (imports.some((i) => i.state === "running")) this.timer = setTimeout(() => this.list.again(), POLL_MS);
    if (!imports.length) return h("p", { class: "empty" }, "Nothing has been imported over this page yet.");
    return h("ul", { class: "imports" }, imports.map(importLine));
  }
}

const KINDS = { done: "good", failed: "bad", running: "" };

function importLine(one) {
  const counts = [[one.imported, "imported"], [one.already_there, "already there"], [one.rejected, "rejected"], [one.skipped, "no calls of a model"]].filter(([n], i) => n || i === 0).map(([n, what]) => `${count(n ?? 0)} ${what}`).join(" · ");
  const rejects = one.rejected ? h("a", { class: "button small", href: `/api/imports/${one.import_id}/rejects`, download: "" }, icon("download", 15), "Rejected rows", unseen(` of ${one.filename}`)) : null;
  const progress = one.state === "running" ? h("progress", { max: "1", value: one.share ?? null, "aria-label": `Reading ${one.filename}` }) : null;
  return h("li", { class: "card import" },
    h("div", { class: "row between" }, h("strong", {}, one.filename), badge(one.state, KINDS[one.state])), progress,
    h("p", { class: "note" }, counts, one.started_at ? ` · ${moment(one.started_at)}` : ""),
    one.error ? h("p", { class: "problem" }, one.error) : null, rejects);
}

function traces() {
  const address = `${location.origin}/v1/traces`;
  const code = h("pre", { tabindex: "0" }, h("code", {}, [
    `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${address}`, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20<API key>",
  ].join("\n")));
  const told = h("div", {}, h("p", {}, "An application with OpenTelemetry's GenAI conventions sends its calls by itself. Give it an ", h("a", { href: "#/settings" }, "API key"), " that may send data, and these variables; service.name becomes the workload."), h("div", { class: "code" }, code));
  return told;
}
