// What the page says when a log-in through the identity provider brings the browser back without one.

import { h } from "./dom.js";
import { dialog } from "./ui.js";

const NAME = "login_failed";
const AGAIN = "Try again, or log in with a password.";
const SENTENCES = {
  denied: `Your organisation's log-in was not allowed, so you are not logged in. ${AGAIN}`,
  lost: `This log-in took too long, or was begun in another window or browser. ${AGAIN}`,
  unverified: "Your organisation does not vouch for your email. Verify it there, then log in again.",
  known: "Your email has an account here already. Log in with its password; under Settings you can then link your organisation's account to it.",
  elsewhere: "Your organisation's account opens another account here, so it cannot be linked to this one.",
  unavailable: "Your organisation's log-in does not answer just now. Try again in a moment.",
  unconfigured: "No organisation's log-in is set up here. Log in with a password.",
  refused: `What your organisation's log-in answered is not accepted. ${AGAIN}`,
};

/** Why the log-in failed, in a sentence, once: the address forgets it. Empty when none did. */
export function failedLogin() {
  const reason = new URLSearchParams(location.search).get(NAME);
  if (reason === null) return "";
  history.replaceState(null, "", location.pathname + location.hash);
  return Object.hasOwn(SENTENCES, reason) ? SENTENCES[reason] : SENTENCES.refused;
}

/** Say it to somebody who is logged in all the same. */
export function tellFailure(sentence) {
  return dialog("That did not work", (close) => [h("p", {}, sentence), h("footer", {}, h("button", { type: "button", class: "primary", autofocus: true, on: { click: () => close() } }, "Go on"))]);
}
