// Where no socket can be opened, and HTTP works: messages are posted, and logs are read once a second.

import { get, post } from "./api.js";
import { isEnded } from "./fold.js";
import { runOf, taken } from "./runs.js";
import { wire } from "./socket.js";

const POLL_MS = 1000;
const TRIES_BEFORE = 2;

async function turn() {
  if (wire.state === "waiting" && wire.reachable && wire.tries >= TRIES_BEFORE) {
    try {
      for (const { frame } of [...wire.pending.values()]) await posted(frame);
      for (const runId of [...wire.followed.keys()]) await polled(runId);
    } catch {
      // Neither way works now; the next turn tries again.
    }
  }
  setTimeout(turn, POLL_MS);
}

async function posted(frame) {
  frame.thread_id ??= (await post("/api/threads", {})).thread_id;
  wire.keep();
  const { content, client_message_id: id, thread_id: threadId } = frame;
  try {
    const accepted = await post(`/api/threads/${threadId}/messages`, { content, client_message_id: id });
    wire.accepted({ ...accepted, client_message_id: id });
  } catch (error) {
    if (error.status) wire.problem({ message: error.message, hint: error.hint, code: error.code, client_message_id: id });
    else throw error;
  }
}

async function polled(runId) {
  const run = runOf(runId);
  taken(run, await get(`/api/runs/${runId}/events?stream=false&after=${run.state.seq}`));
  if (isEnded(run.state)) wire.unfollow(runId);
  else wire.reached(runId, run.state.seq);
}

setTimeout(turn, POLL_MS);
