// Who is logged in here, and in the other tabs.

import { get, post, remove } from "./api.js";
import { bus } from "./emitter.js";

const tabs = "BroadcastChannel" in window ? new BroadcastChannel("netra") : null;

export const session = { account: null };

/** The account behind the cookie; null when nobody is logged in. */
export async function recognise() {
  try {
    session.account = await get("/api/auth/me", { quiet: true });
  } catch (error) {
    if (error.status !== 401) throw error;
    session.account = null;
  }
  return session.account;
}

export async function login(email, password) {
  await post("/api/auth/cookie", { email, password }, { quiet: true });
  return recognise();
}

/** Make an account; the tokens that come with it are given back, for the page keeps none. */
export async function register(registration) {
  const pair = await post("/api/auth/register", registration, { quiet: true });
  await post("/api/auth/logout", { refresh_token: pair.refresh_token }, { quiet: true });
  return login(registration.email, registration.password);
}

export async function logout() {
  try {
    await post("/api/auth/logout", undefined, { quiet: true });
  } finally {
    ended();
  }
}

/** Delete the account; the password proves who asks. */
export async function erase(password) {
  await remove("/api/auth/me", password ? { password } : undefined, { quiet: true });
  ended();
}

/** The session is over by the person's own wish: other tabs learn it, and nothing written stays. */
export function ended() {
  session.account = null;
  sessionStorage.clear();
  tellTabs({ kind: "logged-out" });
  bus.tell("logged-out");
}

export function isOperator() {
  return session.account?.role === "operator";
}

export function tellTabs(fact) {
  tabs?.postMessage({ ...fact, user: session.account?.user_id ?? null });
}

tabs?.addEventListener("message", ({ data }) => {
  if (data.kind === "logged-out") {
    if (session.account) bus.tell("signed-out");
  } else if (session.account && data.user === session.account.user_id) bus.tell("tabs", data);
});
