// What can be done with a conversation: rename, archive, export, delete.

import { h } from "./dom.js";
import { threads } from "./threads.js";
import { asked, attempt, confirmed, menu } from "./ui.js";

export function threadHead(thread, title) {
  return [h("h1", { tabindex: "-1", title }, title), thread ? threadMenu(thread) : null];
}

/** The menu of a thread. */
export function threadMenu(thread) {
  const archived = thread.status === "archived";
  return menu(`Actions for ${thread.title || "this chat"}`, [
    { label: "Rename", icon: "edit", act: () => rename(thread) },
    { label: archived ? "Bring back" : "Archive", icon: "archive", act: () => attempt(() => threads.change(thread.thread_id, { status: archived ? "active" : "archived" })) },
    { label: "Export as Markdown", icon: "download", act: () => download(thread, "markdown") },
    { label: "Export as JSON", icon: "download", act: () => download(thread, "json") },
    { label: "Delete", icon: "trash", danger: true, act: () => erase(thread) },
  ]);
}

async function rename(thread) {
  const title = await asked("Rename this chat", "Title", thread.title);
  if (title) await attempt(() => threads.change(thread.thread_id, { title }));
}

async function erase(thread) {
  const sure = await confirmed("Delete this chat?", `“${thread.title || "Untitled chat"}” goes with all its messages, and what still runs in it ends. This cannot be undone.`, "Delete");
  if (sure) await attempt(() => threads.remove(thread.thread_id));
}

function download(thread, format) {
  h("a", { href: `/api/threads/${thread.thread_id}/export?format=${format}`, download: "" }).click();
}
