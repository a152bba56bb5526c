// Numbers, amounts and times as people read them. Pure.

const PLAIN = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const DAY_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const CLOCK_UTC = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const DAY_MS = 86_400_000;

export function count(value) {
  return PLAIN.format(value);
}

/** US dollars: cents from a dollar on, more places for less. */
export function usd(value) {
  const size = Math.abs(value);
  const places = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  return `${value < 0 ? "-" : ""}$${size.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: places })}`;
}

/** A value with its unit. */
export function valued(value, unit = "") {
  if (value === null || value === undefined) return "n/a";
  if (typeof value !== "number") return readable(String(value));
  if (unit === "USD") return usd(value);
  if (unit === "%") return `${PLAIN.format(value)} %`;
  if (unit === "ms") return `${PLAIN.format(value)} ms`;
  if (unit === "ratio") return `${PLAIN.format(value)} times`;
  return PLAIN.format(value);
}

/** As `valued`, short enough for an axis. */
export function brief(value, unit = "") {
  const text = Math.abs(value) >= 10_000 ? SHORT.format(value) : PLAIN.format(value);
  if (unit === "USD") return `${value < 0 ? "-" : ""}$${Math.abs(value) >= 100 || Number.isInteger(value) ? text.replace("-", "") : usd(Math.abs(value)).slice(1)}`;
  return unit === "%" ? `${text} %` : unit === "ms" ? `${text} ms` : text;
}

export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds until something, roughly. */
export function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export function size(bytes) {
  for (const [unit, factor] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) if (bytes >= factor) return `${PLAIN.format(bytes / factor)} ${unit}`;
  return `${bytes} bytes`;
}

export function moment(iso) {
  return MOMENT.format(new Date(iso));
}

/** When, as short as it may be said today. */
export function when(iso, now = new Date()) {
  const at = new Date(iso);
  return at.toDateString() === now.toDateString() ? CLOCK.format(at) : DAY_YEAR.format(at);
}

/** A point of a series: its day, and its time where days are not the step. In UTC, as the data's days are. */
export function step(iso, stepMs) {
  const at = new Date(iso);
  return stepMs >= DAY_MS ? DAY.format(at) : `${DAY.format(at)} ${CLOCK_UTC.format(at)}`;
}

/** Under which heading something of that day stands. */
export function era(iso, now = new Date()) {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = new Date(iso).getTime();
  if (at >= midnight) return "Today";
  if (at >= midnight - DAY_MS) return "Yesterday";
  return at >= midnight - 7 * DAY_MS ? "Previous 7 days" : at >= midnight - 30 * DAY_MS ? "Previous 30 days" : "Older";
}

/** A number out of text such as “$1,234.50” or “65.5 %”; null when the text is none. */
export function numeric(text) {
  const found = /^\s*([-−+]?)\s*\$?\s*([\d,]*\.?\d+(?:e[-+]?\d+)?)\s*(?:%|ms|s|times|USD|tokens|requests)?\s*$/i.exec(text);
  if (!found) return null;
  const value = Number(found[2].replaceAll(",", ""));
  return Number.isFinite(value) ? (found[1] && found[1] !== "+" ? -value : value) : null;
}

/** A moment of the data as it is read, in UTC; other text as it is. */
export function readable(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.\d+)?(?:Z|\+00:00)$/.exec(text);
  return found ? `${found[1]} ${found[2]}${found[3] && found[3] !== ":00" ? found[3] : ""} UTC` : text;
}

/** A name out of the code as words: `cost_breakdown` → “cost breakdown”. */
export function words(name) {
  return String(name).replaceAll("_", " ");
}
