// The HTTP doors, as the person whose cookie the browser holds.

import { bus } from "./emitter.js";

export class ApiError extends Error {
  constructor(status, body) {
    super(body.message || `the service answered ${status}`);
    Object.assign(this, { status, code: body.code ?? "", where: body.where ?? "", hint: body.hint ?? "", requestId: body.request_id ?? "" });
    this.retryAfter = body.retry_after ?? null;
    this.limit = body.limit ?? null;
  }

  /** Whether this netra has no such door; a thing that is gone says so in its own words. */
  get noDoor() {
    return (this.status === 404 && this.message === "Not Found") || this.status === 405;
  }
}

/** The network did not bring an answer. */
class OfflineError extends Error {
  constructor() {
    super("netra cannot be reached just now");
    this.hint = "check the connection; what you wrote is kept";
  }
}

/** Ask; answers the JSON, or null when there is none. Raises ApiError or OfflineError. */
export async function call(method, path, body = undefined, { quiet = false, signal, headers = {} } = {}) {
  const options = { method, signal, headers: { Accept: "application/json", ...headers } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await sent(path, options);
  if (answer.status === 204) return null;
  const told = await read(answer);
  if (answer.ok) return told;
  throw refused(answer.status, told, quiet);
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body, options) => call("POST", path, body, options);
export const patch = (path, body, options) => call("PATCH", path, body, options);
export const remove = (path, body, options) => call("DELETE", path, body, options);

/** The text of a document. */
export async function text(path) {
  const answer = await sent(path, {});
  if (answer.ok) return answer.text();
  throw refused(answer.status, await read(answer), false);
}

/** The refusal as an error; the end of a session concerns the whole page. */
export function refused(status, told, quiet) {
  const error = new ApiError(status, told?.error ?? {});
  if (status === 401 && !quiet) bus.tell("signed-out");
  return error;
}

/** A query string of what is given. */
export function query(path, values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function sent(path, options) {
  try {
    return await fetch(path, { ...options, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new OfflineError();
  }
}

async function read(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

/** An error in one sentence for people. */
export function sentence(error) {
  const parts = [error.message, error.hint].filter(Boolean);
  const text = parts.join(": ");
  return text ? text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".") : "Something went wrong.";
}
