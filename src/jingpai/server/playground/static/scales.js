// What a number means, and how much of a bar it fills.

/** The logistic of a logit: a score in [0, 1]. */
export function sigmoid(logit) {
  return logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));
}

/** The logit of a score; what is beyond the ends of the scale stays finite. */
export function logitOf(score) {
  const inside = Math.min(Math.max(score, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside));
}

const LOGIT_END = 10;
// With multilingual-e5-small nearly any two texts are at least this close.
const COSINE_LOW = 0.7;

/** Returns a scale of the reranker: its ends, and how numbers are written. */
export function relevanceScale(name) {
  if (name === "logit") {
    return {
      name: "axis-logit", low: -LOGIT_END, high: LOGIT_END,
      of: (logit) => logit, write: (value) => signed(value, 2),
    };
  }
  return { name: "axis-sigmoid", low: 0, high: 1, of: sigmoid, write: (value) => value.toFixed(3) };
}

/** Returns the scale of a first stage, for the values that are there. */
export function firstScale(name, values) {
  if (name === "bm25") {
    const high = Math.max(...values, 1);
    return { name: "axis-bm25", low: 0, high, write: (value) => value.toFixed(2) };
  }
  return { name: "axis-cosine", low: COSINE_LOW, high: 1, write: (value) => value.toFixed(3) };
}

/** How much of its bar a value fills, in [0, 1]. */
export function shareOf(value, scale) {
  return Math.min(Math.max((value - scale.low) / (scale.high - scale.low), 0), 1);
}

/** A number with its sign, a minus as long as a plus. */
export function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

/** The indices of values, highest first; equals keep the order they came in. */
export function orderOf(values) {
  return values.map((_, index) => index).sort((a, b) => values[b] - values[a] || a - b);
}
