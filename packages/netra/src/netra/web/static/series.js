// A series over time as a line with its band, readable by pointer, by arrow keys, and as a table.

import { h, replace, s } from "./dom.js";
import { brief, step as stepLabel, valued } from "./format.js";
import { axis, labelled, linear } from "./scale.js";

const HEIGHT = 210;
const EDGE = { top: 12, right: 14, bottom: 26, left: 54 };

/** `view`: `{title, unit, points: [[iso, value]], band?: [[iso, low, high]]}`. */
export function series(view) {
  const chart = new Series(view);
  return chart.element;
}

class Series {
  constructor(view) {
    this.view = view;
    const band = view.band ?? [];
    this.times = [...new Set([...view.points.map((p) => p[0]), ...band.map((b) => b[0])])].sort();
    this.values = new Map(view.points.map(([at, value]) => [at, value]));
    this.bands = new Map(band.map(([at, low, high]) => [at, [low, high]]));
    this.stepMs = this.times.length > 1 ? new Date(this.times[1]) - new Date(this.times[0]) : 86_400_000;
    this.said = h("div", { class: "readout", "aria-live": "polite" });
    this.frame = h("div", {
      class: "plot", tabindex: "0", role: "group",
      "aria-label": `${view.title}: ${this.summary()} Arrow keys read the points.`,
      on: { keydown: (e) => this.key(e), pointermove: (e) => this.point(e), pointerleave: () => this.select(null), blur: () => this.select(null) },
    });
    this.element = h("div", { class: "chart" }, this.frame, this.said);
    this.watch = new ResizeObserver(([{ contentRect }]) => this.draw(contentRect.width));
    this.watch.observe(this.frame);
    this.chosen = null;
  }

  summary() {
    const known = [...this.values].filter(([, v]) => Number.isFinite(v));
    if (!known.length) return "no values.";
    const least = known.reduce((a, b) => (b[1] < a[1] ? b : a));
    const most = known.reduce((a, b) => (b[1] > a[1] ? b : a));
    const { unit } = this.view;
    return `line of ${known.length} points from ${this.label(known[0][0])} to ${this.label(known.at(-1)[0])}, lowest ${valued(least[1], unit)} at ${this.label(least[0])}, highest ${valued(most[1], unit)} at ${this.label(most[0])}.`;
  }

  label(iso) {
    return stepLabel(iso, this.stepMs);
  }

  draw(width) {
    if (!width || Math.abs(width - (this.width ?? 0)) < 1) return;
    this.width = width;
    const all = [...this.values.values(), ...[...this.bands.values()].flat()];
    const counted = !this.view.unit && all.every((v) => Number.isInteger(v));
    const { low, high, ticks } = axis(all, 4, counted);
    this.y = linear([low, high], [HEIGHT - EDGE.bottom, EDGE.top]);
    const last = Math.max(1, this.times.length - 1);
    this.x = linear([0, last], [EDGE.left, width - EDGE.right]);
    this.cross = s("g", { class: "cross" });
    replace(this.frame, s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" },
      this.grid(ticks, width), this.days(width), this.area(), this.line(), this.cross));
    this.select(this.chosen, false);
  }

  grid(ticks, width) {
    return s("g", { class: "grid" }, ticks.map((tick) => [
      s("line", { x1: EDGE.left, x2: width - EDGE.right, y1: this.y(tick), y2: this.y(tick) }),
      s("text", { x: EDGE.left - 8, y: this.y(tick) + 4, "text-anchor": "end" }, brief(tick, this.view.unit)),
    ]));
  }

  days(width) {
    const shown = labelled(this.times.length, Math.floor((width - EDGE.left) / (this.stepMs >= 86_400_000 ? 64 : 104)));
    const anchor = (i) => (i > 0 && this.x(i) > width - EDGE.right - 24 ? "end" : "middle");
    return s("g", { class: "days" }, shown.map((i) => s("text", { x: this.x(i), y: HEIGHT - 6, "text-anchor": anchor(i) }, this.label(this.times[i]))));
  }

  line() {
    const runs = [];
    let run = null;
    this.times.forEach((at, i) => {
      const value = this.values.get(at);
      if (!Number.isFinite(value)) run = null;
      else if (run) run.push([this.x(i), this.y(value)]);
      else runs.push(run = [[this.x(i), this.y(value)]]);
    });
    const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    const alone = runs.filter((r) => r.length === 1).map(([[x, y]]) => s("circle", { class: "dot", cx: x, cy: y, r: 3 }));
    const floor = this.y(0).toFixed(1);
    const below = this.bands.size ? null : runs.filter((r) => r.length > 1).map((r) => s("path", { class: "below", d: `${path(r)}L${r.at(-1)[0].toFixed(1)} ${floor}L${r[0][0].toFixed(1)} ${floor}Z` }));
    return s("g", {}, below, runs.map((r) => s("path", { class: "line", d: path(r) })), alone);
  }

  area() {
    const held = this.times.map((at, i) => [i, this.bands.get(at)]).filter(([, b]) => b);
    if (!held.length) return null;
    const edge = (side) => held.map(([i, b]) => `${this.x(i).toFixed(1)} ${this.y(b[side]).toFixed(1)}`);
    return s("path", { class: "band", d: `M${edge(1).join("L")}L${edge(0).reverse().join("L")}Z` });
  }

  key(event) {
    const last = this.times.length - 1;
    const to = { ArrowLeft: Math.max(0, (this.chosen ?? last + 1) - 1), ArrowRight: Math.min(last, (this.chosen ?? -1) + 1), Home: 0, End: last, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.select(to);
  }

  point(event) {
    const box = this.frame.getBoundingClientRect();
    const share = (event.clientX - box.left - EDGE.left) / Math.max(1, this.width - EDGE.left - EDGE.right);
    this.select(Math.max(0, Math.min(this.times.length - 1, Math.round(share * (this.times.length - 1)))));
  }

  select(index, say = true) {
    this.chosen = index;
    if (!this.cross) return;
    if (index === null) {
      replace(this.cross);
      if (say) replace(this.said);
      return;
    }
    const at = this.times[index];
    const value = this.values.get(at);
    const band = this.bands.get(at);
    const x = this.x(index);
    replace(this.cross, s("line", { x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
      Number.isFinite(value) ? s("circle", { cx: x, cy: this.y(value), r: 4 }) : null);
    const between = band ? ` (${valued(band[0], this.view.unit)} to ${valued(band[1], this.view.unit)})` : "";
    if (say) replace(this.said, h("span", {}, this.label(at)), h("strong", {}, valued(value ?? null, this.view.unit)), between);
  }
}
