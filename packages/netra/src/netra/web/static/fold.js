// A run's events folded into what is shown of it. Pure: equal events give an equal state.

/** A run of which nothing is known yet. */
export function empty(runId) {
  return {
    runId, threadId: null, seq: 0, status: "queued", queuedAt: null, startedAt: null, endedAt: null,
    agents: [], approvals: [], text: "", result: {}, models: [], failure: null, cancelled: null,
  };
}

const ENDED = new Set(["completed", "failed", "cancelled"]);

export function isEnded(state) {
  return ENDED.has(state.status);
}

/** Take the next event in; false when it is not the next one, and nothing has changed. */
export function take(state, event) {
  if (event.seq !== state.seq + 1) return false;
  state.seq = event.seq;
  state.threadId = event.thread_id;
  (FOLDS[event.type] ?? noted)(state, event, event.data);
  return true;
}

const FOLDS = {
  run_queued(state, event) {
    state.queuedAt = event.at;
  },
  agent_started(state, event, data) {
    if (state.status === "queued") state.status = "running";
    state.startedAt ??= event.at;
    state.agents.push({ name: event.agent, task: data.task, startedAt: event.at, endedAt: null, ms: null, status: "running", steps: [], models: [] });
  },
  agent_thinking(state, event, data) {
    steps(state, event).push({ kind: "thinking", text: data.text, failed: data.failed ?? [], at: event.at });
  },
  tool_executing(state, event, data) {
    steps(state, event).push({
      kind: "tool", callId: data.call_id, tool: data.tool, arguments: data.arguments ?? {}, agent: event.agent,
      status: "running", result: null, error: "", ms: null, queries: [], at: event.at,
    });
  },
  tool_completed(state, event, data) {
    const call = findCall(state, data.call_id);
    if (call) Object.assign(call, { status: data.status, result: data.result ?? null, error: data.error ?? "", ms: data.ms, queries: data.queries ?? [] });
  },
  answer_delta(state, event, data) {
    state.text += data.text;
  },
  agent_handoff(state, event, data) {
    steps(state, event).push({ kind: "handoff", to: data.to, reason: data.reason, failed: data.failed ?? null, at: event.at });
  },
  approval_requested(state, event, data) {
    state.status = "waiting";
    state.approvals.push({ callId: data.call_id, tool: data.tool, arguments: data.arguments ?? {}, why: data.why ?? "", expiresAt: data.expires_at, at: event.at, decided: null });
    const agent = latest(state, event.agent);
    if (agent) agent.status = "waiting";
    steps(state, event).push({ kind: "approval", callId: data.call_id, tool: data.tool, at: event.at });
  },
  approval_decided(state, event, data) {
    const asked = state.approvals.find((a) => a.callId === data.call_id);
    if (asked) asked.decided = { approved: data.approved, by: data.by ?? "", note: data.note ?? "", at: event.at };
    if (state.status !== "waiting" || !state.approvals.every((a) => a.decided)) return;
    state.status = "running";
    for (const agent of state.agents) if (agent.status === "waiting") agent.status = "running";
  },
  agent_completed(state, event, data) {
    const agent = latest(state, event.agent);
    if (agent) Object.assign(agent, { status: "completed", endedAt: event.at, ms: data.ms, models: data.models ?? [], result: data.result });
    state.models.push(...(data.models ?? []));
    if (data.final) {
      if (data.answer) state.text = data.answer;
      state.result = data.result ?? {};
      ended(state, event, "completed");
    }
  },
  agent_failed(state, event, data) {
    state.failure = data;
    state.models.push(...(data.models ?? []));
    ended(state, event, "failed");
  },
  run_cancelled(state, event, data) {
    state.cancelled = data;
    ended(state, event, "cancelled");
  },
};

/** A kind of event that a newer netra knows: counted, and shown as what it is. */
function noted(state, event) {
  if (event.agent && event.agent !== "run") steps(state, event).push({ kind: "other", type: event.type, at: event.at });
}

function ended(state, event, status) {
  state.status = status;
  state.endedAt = event.at;
  for (const agent of state.agents) {
    if (agent.status !== "running" && agent.status !== "waiting") continue;
    agent.status = status === "completed" ? "completed" : status;
    agent.endedAt = event.at;
  }
}

function latest(state, name) {
  return state.agents.findLast((agent) => agent.name === name);
}

/** Where an agent's next step goes; a step of the run itself goes to whoever works. */
function steps(state, event) {
  const agent = latest(state, event.agent) ?? state.agents.at(-1);
  return agent ? agent.steps : [];
}

export function findCall(state, callId) {
  for (const agent of state.agents) {
    const found = agent.steps.find((step) => step.kind === "tool" && step.callId === callId);
    if (found) return found;
  }
  return null;
}

export function calls(state) {
  return state.agents.flatMap((agent) => agent.steps.filter((step) => step.kind === "tool"));
}

/** What happens at this moment, in a few words. */
export function present(state) {
  if (state.status === "queued") return "Waiting for a worker";
  if (state.status === "waiting") return "Waiting for your decision";
  const agent = state.agents.at(-1);
  if (!agent) return "Starting";
  const step = agent.steps.at(-1);
  if (state.text && agent.name === "reporting") return "Writing the answer";
  if (step?.kind === "tool" && step.status === "running") return `${agent.name} calls ${step.tool}`;
  if (step?.kind === "thinking") return step.text;
  return `${agent.name} is at work`;
}
