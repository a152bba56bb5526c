// A conversation: its turns, what is being asked now, and the way to the next question.

import { get, post, query, sentence } from "./api.js";
import { Composer } from "./composer.js";
import { h, replace } from "./dom.js";
import { bus } from "./emitter.js";
import { isEnded } from "./fold.js";
import { icon } from "./icons.js";
import { follow, runOf } from "./runs.js";
import { session, tellTabs } from "./session.js";
import { wire } from "./socket.js";
import { threads } from "./threads.js";
import { Turn } from "./turn.js";
import { toast, unavailable, waiting } from "./ui.js";
import { threadHead } from "./thread_head.js";

const NEAR = 100;
const ABOVE = 8;
const PAGE = 100;
const EXAMPLES = [
  ["What did each model cost last week?", "Cost by model"],
  ["What changed in cost between this week and last week?", "What changed"],
  ["Which workload is slowest, and how slow at p95?", "Latency"],
  ["Were there cost anomalies in the last 30 days?", "Anomalies"],
];

/** The view of a thread, or of a new one. */
export function openChat(threadId) {
  return new Chat(threadId);
}

class Chat {
  constructor(threadId) {
    this.threadId = threadId;
    this.turns = [];
    this.title = "New chat";
    this.list = h("ol", { class: "turns", "aria-label": "Conversation" });
    this.head = h("header", { class: "view-head" });
    this.composer = new Composer(threadId ?? "new", { send: (text) => this.ask(text), stop: () => this.stop() });
    this.jump = h("button", { type: "button", class: "jump", "aria-label": "Go to the end", hidden: true, on: { click: () => this.toEnd() } }, icon("down", 18));
    this.scroll = h("div", { class: "scroller", on: { scroll: () => this.scrolled() } }, this.list);
    this.element = h("div", { class: "chat" }, this.head, this.scroll, h("div", { class: "dock" }, this.jump, this.composer.element));
    this.seen = new IntersectionObserver((entries) => this.wanted(entries), { root: this.scroll, rootMargin: "600px" });
    this.stuck = true;
    this.leaving = [bus.on("tabs", (fact) => this.elsewhere(fact)), wire.on("accepted", ({ limit }) => this.composer.limit(limit))];
    this.drawHead(null);
    this.ready = threadId ? this.open() : this.begin();
  }

  /** Not where a finger is all there is: a keyboard would cover the page. */
  focus() {
    if (matchMedia("(pointer: coarse)").matches) this.head.querySelector("h1").focus();
    else this.composer.focus();
  }

  leave() {
    this.left = true;
    this.seen.disconnect();
    for (const undo of this.leaving) undo();
    for (const turn of this.turns) turn.detach?.();
  }

  drawHead(thread) {
    this.title = thread ? thread.title || "Untitled chat" : "New chat";
    document.title = `${this.title} · netra`;
    replace(this.head, threadHead(thread, this.title));
  }

  begin() {
    const name = session.account?.display_name?.split(" ")[0];
    const chip = ([text, label]) => h("li", {}, h("button", { type: "button", on: { click: () => this.ask(text) } }, h("strong", {}, label), h("span", {}, text)));
    this.welcome = h("div", { class: "welcome" },
      h("h2", {}, name ? `What would you like to know, ${name}?` : "What would you like to know?"),
      h("p", {}, "Ask about what your AI workloads cost, how fast they are and how good. You see every step, and each figure shows where it comes from."),
      h("ul", { class: "examples" }, EXAMPLES.map(chip)),
      h("p", { class: "note" }, "No data yet? ", h("a", { href: "#/data" }, "Bring your usage data in"), "."));
    this.scroll.prepend(this.welcome);
    this.again();
  }

  async open() {
    const loading = waiting("Opening the conversation…");
    this.scroll.prepend(loading);
    try {
      const [thread, messages] = await Promise.all([get(`/api/threads/${this.threadId}`), this.messages()]);
      this.thread = thread;
      this.drawHead(thread);
      this.show(messages);
      this.again();
      this.toAnswer(true);
    } catch (error) {
      this.composer.element.hidden = true;
      if (error.status !== 401) this.scroll.prepend(unavailable(error, "this conversation"));
    } finally {
      loading.remove();
    }
  }

  async messages() {
    const all = [];
    let after = 0;
    while (after !== null) {
      const page = await get(query(`/api/threads/${this.threadId}/messages`, { after, limit: PAGE }));
      all.push(...page.messages);
      after = page.next_after;
    }
    return all;
  }

  show(messages) {
    const answers = new Map(messages.filter((m) => m.role === "assistant").map((m) => [m.run_id, m.content]));
    for (const message of messages) {
      if (message.role === "user") this.add({ question: message.content, messageId: message.message_id, runId: message.run_id, at: message.created_at, answer: answers.get(message.run_id) });
    }
  }

  /** What was sent and not yet heard before a reload goes out again under its own id. */
  again() {
    for (const { frame, said } of wire.leftBehind()) {
      const here = (frame.thread_id ?? null) === (this.threadId ?? null);
      if (here) this.sent(this.add({ question: frame.content, messageId: null, runId: null, at: null, answer: "" }), said);
      else said.catch(() => {});
    }
  }

  add(asked) {
    const turn = new Turn(asked, { retry: (t) => this.retry(t), grown: () => this.grown() });
    this.welcome?.remove();
    this.turns.push(turn);
    this.list.append(turn.element);
    if (asked.runId) this.seen.observe(turn.element);
    return turn;
  }

  wanted(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.seen.unobserve(target);
      this.turns.find((t) => t.element === target)?.unfold();
    }
  }

  ask(text) {
    const turn = this.add({ question: text, messageId: null, runId: null, at: null, answer: "" });
    this.toAnswer(true);
    return this.sent(turn, wire.say(text, this.threadId));
  }

  async sent(turn, said) {
    try {
      this.accepted(turn, await said);
    } catch (error) {
      turn.refuse(sentence(error));
    }
  }

  accepted(turn, frame) {
    turn.accept(frame);
    if (this.left) return;
    if (!this.threadId) {
      this.threadId = frame.thread_id;
      this.composer.belongsTo(frame.thread_id);
      history.replaceState(null, "", `#/t/${frame.thread_id}`);
      bus.tell("thread-opened", frame.thread_id);
    }
    threads.refresh().then(() => this.named());
    tellTabs({ kind: "accepted", thread_id: frame.thread_id, run_id: frame.run_id, message_id: frame.message_id, question: turn.question });
    this.grown();
  }

  async named() {
    this.thread = threads.find(this.threadId) ?? (await get(`/api/threads/${this.threadId}`).catch(() => null)) ?? this.thread;
    if (this.thread) this.drawHead(this.thread);
  }

  /** Another tab asked something in this thread. */
  elsewhere(fact) {
    if (fact.kind === "accepted") threads.refresh();
    if (fact.kind !== "accepted" || fact.thread_id !== this.threadId || this.turns.some((t) => t.runId === fact.run_id)) return;
    const turn = this.add({ question: fact.question, messageId: fact.message_id, runId: fact.run_id, at: null, answer: "" });
    this.seen.unobserve(turn.element);
    follow(fact.run_id);
  }

  async retry(turn) {
    if (!turn.messageId) {
      turn.element.remove();
      this.turns.splice(this.turns.indexOf(turn), 1);
      this.ask(turn.question);
      return;
    }
    try {
      const accepted = await post(`/api/messages/${turn.messageId}/retry`);
      follow(accepted.run_id);
      this.accepted(this.add({ question: turn.question, messageId: accepted.message_id, runId: null, at: null, answer: "" }), accepted);
      this.toAnswer(true);
    } catch (error) {
      if (error.noDoor) this.ask(turn.question);
      else toast(sentence(error), "error");
    }
  }

  running() {
    return this.turns.filter((t) => t.runId && runOf(t.runId).state.seq > 0 && !isEnded(runOf(t.runId).state));
  }

  stop() {
    for (const turn of this.running()) post(`/api/runs/${turn.runId}/cancel`).catch((error) => toast(sentence(error), "error"));
  }

  grown() {
    this.composer.running(this.running().length > 0);
    if (this.stuck) this.toAnswer(false);
    else this.scrolled();
  }

  /** Where the newest turn is read: at its end, or from its beginning when it is longer than the window. */
  place() {
    const end = this.scroll.scrollHeight - this.scroll.clientHeight;
    const last = this.turns.at(-1);
    return last ? Math.min(end, last.element.offsetTop - this.scroll.offsetTop - ABOVE) : 0;
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    this.stuck = Math.abs(scrollTop - this.place()) < NEAR;
    this.jump.hidden = scrollHeight - scrollTop - clientHeight < 2 * NEAR;
  }

  toAnswer(now) {
    if (now) this.stuck = true;
    requestAnimationFrame(() => {
      this.scroll.scrollTop = this.place();
      this.scrolled();
    });
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}

