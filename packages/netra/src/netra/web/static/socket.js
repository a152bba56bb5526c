// The live connection: one WebSocket that comes back by itself, resumes every run, and says again what was not heard.

import { get } from "./api.js";
import { uuid } from "./dom.js";
import { emitter } from "./emitter.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 15_000;
const PENDING = "netra.pending";

/** Tells `state` (open, waiting, refused), `event`, `accepted`, `problem` and `ended`. */
class Wire {
  constructor() {
    Object.assign(this, emitter());
    this.state = "idle";
    this.followed = new Map();
    this.pending = new Map();
    this.tries = 0;
    this.retryAt = 0;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
  }

  /** Open, as who is logged in. */
  start() {
    if (this.state === "idle") this.connect();
  }

  stop() {
    clearTimeout(this.timer);
    clearInterval(this.heart);
    this.become("idle");
    this.followed.clear();
    this.pending.clear();
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  /** Connect now instead of later. */
  hurry() {
    if (this.state !== "waiting" || this.socket) return;
    clearTimeout(this.timer);
    this.again();
  }

  connect() {
    this.become(this.state === "idle" ? "connecting" : this.state);
    const address = new URL("/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => { if (this.socket === socket) this.heard(JSON.parse(data)); });
    socket.addEventListener("close", ({ code }) => { if (this.socket === socket) this.lost(code); });
  }

  /** Receive a run's events after a seq, through every reconnection, until its last one. */
  follow(runId, after) {
    this.followed.set(runId, after);
    this.send({ type: "resume", run_id: runId, after });
  }

  unfollow(runId) {
    this.followed.delete(runId);
  }

  /** How far a run has been read. */
  reached(runId, seq) {
    if (this.followed.has(runId)) this.followed.set(runId, seq);
  }

  /** Say something; resolves once it is durable, however often the connection breaks until then. */
  say(content, threadId) {
    const frame = { type: "user_message", content, thread_id: threadId, client_message_id: uuid() };
    const said = new Promise((resolve, reject) => { this.pending.set(frame.client_message_id, { frame, resolve, reject }); });
    this.keep();
    this.send(frame);
    return said;
  }

  /** What was said and not yet heard when the page was left, to be said again under its own id. */
  leftBehind() {
    const kept = JSON.parse(sessionStorage.getItem(PENDING) ?? "[]").filter((f) => !this.pending.has(f.client_message_id));
    return kept.map((frame) => {
      const said = new Promise((resolve, reject) => { this.pending.set(frame.client_message_id, { frame, resolve, reject }); });
      this.send(frame);
      return { frame, said };
    });
  }

  cancel(runId) {
    this.send({ type: "cancel", run_id: runId });
  }

  send(frame) {
    if (this.state === "open" && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  heard(frame) {
    this.lastHeard = Date.now();
    if (frame.type === "ready") this.ready(frame);
    else if (frame.type === "message_accepted") this.accepted(frame);
    else if (frame.type === "error") this.problem(frame);
    else if (frame.type !== "pong") this.tell("event", frame);
  }

  ready(frame) {
    this.tries = 0;
    this.become("open");
    for (const { frame: said } of this.pending.values()) this.send(said);
    for (const [runId, after] of this.followed) this.send({ type: "resume", run_id: runId, after });
    clearInterval(this.heart);
    this.heart = setInterval(() => this.beat(frame.heartbeat_s * 1000), frame.heartbeat_s * 500);
  }

  /** A page cannot see the protocol's own pings: ask now and then, and give up an end that says nothing. */
  beat(periodMs) {
    const silence = Date.now() - this.lastHeard;
    if (silence > 2 * periodMs) this.socket.close(4000);
    if (silence > 2.5 * periodMs) this.lost(1006);
    else if (silence > periodMs / 2) this.send({ type: "ping" });
  }

  accepted(frame) {
    const said = this.pending.get(frame.client_message_id);
    this.pending.delete(frame.client_message_id);
    this.keep();
    this.followed.set(frame.run_id, 0);
    this.tell("accepted", frame);
    said?.resolve(frame);
  }

  problem(frame) {
    const said = this.pending.get(frame.client_message_id);
    this.pending.delete(frame.client_message_id);
    this.keep();
    if (said) said.reject(Object.assign(new Error(frame.message), frame));
    else this.tell("problem", frame);
  }

  keep() {
    sessionStorage.setItem(PENDING, JSON.stringify([...this.pending.values()].map((p) => p.frame)));
  }

  /** The socket is gone: wait, longer each time; a session that has ended is known at once. */
  lost(code) {
    clearInterval(this.heart);
    this.socket = null;
    if (this.state === "idle") return;
    this.tries += 1;
    this.later(code === 4001 || code === 4003 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.tries - 1)) * (0.75 + Math.random() / 2));
  }

  later(wait) {
    clearTimeout(this.timer);
    this.retryAt = Date.now() + wait;
    this.become("waiting");
    this.timer = setTimeout(() => this.again(), wait);
  }

  /** A refused handshake says nothing to a page: the same cookie at another door tells whether to try one. */
  async again() {
    const standing = await this.standing();
    if (this.state !== "waiting" || this.socket) return;
    this.reachable = standing === "well";
    if (standing === "ended") {
      this.become("idle");
      this.tell("ended");
    } else if (standing === "well") this.connect();
    else this.lost(1006);
  }

  async standing() {
    try {
      await get("/api/auth/me", { quiet: true });
      return "well";
    } catch (error) {
      return error.status === 401 ? "ended" : "unreachable";
    }
  }

  become(state) {
    this.state = state;
    this.tell("state", state);
  }
}

export const wire = new Wire();
