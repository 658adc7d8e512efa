// A case in the address: after the #, which browsers send to no one.

const MOST_BYTES = 4_000_000;
const FIRST = ["similarity", "bm25", "input"];
const SCALES = ["sigmoid", "logit"];

/** Returns a case as it stands in an address. */
export async function toFragment(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  return `#s=${base64url(await through(bytes, new CompressionStream("deflate-raw"), Infinity))}`;
}

/** Returns the case in an address; null where there is none. Throws where it cannot be read. */
export async function fromFragment(fragment) {
  if (!fragment.startsWith("#s=")) return null;
  const packed = Uint8Array.from(
    atob(fragment.slice(3).replaceAll("-", "+").replaceAll("_", "/")),
    (character) => character.charCodeAt(0),
  );
  const bytes = await through(packed, new DecompressionStream("deflate-raw"), MOST_BYTES);
  return checked(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
}

/** Takes of a case what is of the right kind: anyone may have written the link. */
function checked(given) {
  const state = {};
  for (const name of ["query", "text"]) {
    if (typeof given[name] === "string") state[name] = given[name];
  }
  if (["lines", "blank"].includes(given.split)) state.split = given.split;
  if (FIRST.includes(given.first)) state.first = given.first;
  if (SCALES.includes(given.scale)) state.scale = given.scale;
  if (given.threshold >= 0 && given.threshold <= 1) state.threshold = Number(given.threshold);
  if (Number.isInteger(given.topK) && given.topK > 0) state.topK = given.topK;
  if (Array.isArray(given.models)) {
    state.models = given.models.filter((name) => typeof name === "string");
  }
  return state;
}

async function through(bytes, stream, most) {
  const parts = [];
  let size = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    // A short link can hold a text without end.
    if (size > most) { await reader.cancel(); throw new RangeError("too long"); }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function base64url(bytes) {
  let text = "";
  for (let first = 0; first < bytes.length; first += 8192) {
    text += String.fromCharCode(...bytes.subarray(first, first + 8192));
  }
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
