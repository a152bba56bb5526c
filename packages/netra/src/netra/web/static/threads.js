// The person's conversations: read page by page, searched, changed.

import { get, patch, query, remove } from "./api.js";
import { emitter } from "./emitter.js";

const PAGE = 40;

/** Tells `change`. */
export const threads = {
  ...emitter(),
  list: [],
  cursor: null,
  words: "",
  status: "active",
  error: null,
  loaded: false,

  async refresh() {
    const asked = { words: this.words, status: this.status };
    try {
      const page = await get(query("/api/threads", { status: this.status, limit: PAGE, q: this.words }));
      if (asked.words !== this.words || asked.status !== this.status) return;
      Object.assign(this, { list: page.threads, cursor: page.next_cursor, error: null, loaded: true });
    } catch (error) {
      Object.assign(this, { error });
    }
    this.tell("change");
  },

  async more() {
    const page = await get(query("/api/threads", { status: this.status, limit: PAGE, q: this.words, cursor: this.cursor }));
    this.list.push(...page.threads);
    this.cursor = page.next_cursor;
    this.tell("change");
  },

  search(words) {
    this.words = words;
    return this.refresh();
  },

  show(status) {
    this.status = status;
    return this.refresh();
  },

  find(threadId) {
    return this.list.find((t) => t.thread_id === threadId) ?? null;
  },

  async change(threadId, wanted) {
    const changed = await patch(`/api/threads/${threadId}`, wanted);
    this.tell("changed", changed);
    await this.refresh();
    return changed;
  },

  async remove(threadId) {
    await remove(`/api/threads/${threadId}`);
    this.tell("removed", threadId);
    await this.refresh();
  },

  forget() {
    Object.assign(this, { list: [], cursor: null, words: "", status: "active", error: null, loaded: false });
  },
};
