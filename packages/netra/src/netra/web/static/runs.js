// Every run that this tab has seen, each folded from its events, whichever way they came.

import { get } from "./api.js";
import { emitter } from "./emitter.js";
import { empty, findCall, isEnded, take } from "./fold.js";
import { wire } from "./socket.js";

const runs = new Map();

/** Tells `change` with the kind of event that changed it. */
export function runOf(runId) {
  if (!runs.has(runId)) runs.set(runId, { ...emitter(), state: empty(runId), loading: null });
  return runs.get(runId);
}

export function forgetRuns() {
  runs.clear();
}

/** The call with this id, in this run or in an earlier one that the answer refers to. */
export function callOf(runId, callId) {
  const own = findCall(runOf(runId).state, callId);
  if (own) return own;
  for (const run of runs.values()) {
    const found = findCall(run.state, callId);
    if (found) return found;
  }
  return null;
}

/** Read what the log holds, and follow the run when it goes on. */
export function load(runId) {
  const run = runOf(runId);
  run.loading ??= read(run, runId).catch((error) => {
    run.loading = null;
    throw error;
  });
  return run.loading;
}

async function read(run, runId) {
  if (isEnded(run.state) || wire.followed.has(runId)) return;
  const events = await get(`/api/runs/${runId}/events?stream=false&after=${run.state.seq}`);
  taken(run, events);
  if (!isEnded(run.state) && !wire.followed.has(runId)) wire.follow(runId, run.state.seq);
}

/** Take in events that HTTP brought. */
export function taken(run, events) {
  let changed = null;
  for (const event of events) if (take(run.state, event)) changed = event;
  if (changed) run.tell("change", changed);
}

/** Follow a run that was just accepted here, or in another tab. */
export function follow(runId) {
  const run = runOf(runId);
  if (!isEnded(run.state) && !wire.followed.has(runId)) wire.follow(runId, run.state.seq);
}

wire.on("event", (event) => {
  const run = runOf(event.run_id);
  if (take(run.state, event)) {
    if (isEnded(run.state)) wire.unfollow(event.run_id);
    else wire.reached(event.run_id, event.seq);
    run.tell("change", event);
  } else if (event.seq > run.state.seq + 1) wire.follow(event.run_id, run.state.seq);
});
