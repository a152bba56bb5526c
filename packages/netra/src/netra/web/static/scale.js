// Where values stand on an axis. Pure.

/** Round steps that hold every value, whole ones for what is counted: `{low, high, ticks}`. */
export function axis(values, wanted = 4, whole = false) {
  const known = values.filter((v) => Number.isFinite(v));
  let low = Math.min(0, ...known);
  let high = Math.max(0, ...known);
  if (low === high) high = low + 1;
  const step = whole ? Math.max(1, rounded((high - low) / wanted)) : rounded((high - low) / wanted);
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.ceil(high / step - 1e-9) * step;
  const ticks = [];
  for (let i = 0; i <= Math.round((high - low) / step); i += 1) ticks.push(Number((low + i * step).toPrecision(12)));
  return { low, high, ticks };
}

function rounded(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((f) => f * power >= rough * 0.999);
  return factor * power;
}

/** From a range onto another. */
export function linear(from, to) {
  const length = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / length) * (to[1] - to[0]);
}

/** The indexes of at most `most` of `total` points that get a label, evenly apart, the first among them. */
export function labelled(total, most) {
  const every = Math.max(1, Math.ceil(total / Math.max(1, most)));
  return Array.from({ length: Math.ceil(total / every) }, (_, i) => i * every);
}
