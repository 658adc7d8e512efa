// The server counts characters as Python does, JavaScript counts halves of some: 😀 has two.

const HALVES = /[\ud800-\udfff]/;

/** Returns a function that cuts a text at positions that the server named. */
export function cutter(text) {
  if (!HALVES.test(text)) return (start, end) => text.slice(start, end);
  const characters = Array.from(text);
  return (start, end) => characters.slice(start, end).join("");
}

/** How many characters the server counts. */
export function pointsOf(text) {
  return HALVES.test(text) ? Array.from(text).length : text.length;
}

/** The beginning of a text, with an ellipsis where something follows. */
export function beginning(text, most) {
  if (text.length <= most) return text;
  // Not between the halves of a character.
  const end = /[\ud800-\udbff]/.test(text[most - 1]) ? most - 1 : most;
  return `${text.slice(0, end)}…`;
}
