// From what people paste and drop to a list of texts.

/** Most characters of all candidates together: what a text box holds without becoming slow. */
export const MOST_CHARACTERS = 1_000_000;
/** Most candidates of the page; the server takes more. */
export const MOST_CANDIDATES = 1000;

const TEXT_KEYS = ["text", "content", "document", "passage", "body"];

/** What is wrong with the input: a message and what stands in it. */
export class InputProblem extends Error {
  constructor(message, values = {}) {
    super(message);
    this.values = values;
  }
}

/** The texts in the box: its lines, or what blank lines part. */
export function splitText(text, split) {
  const parts = text.replace(/\r\n?/g, "\n").split(split === "blank" ? /\n[^\S\n]*\n\s*/ : "\n");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** What to write into the box for a list of texts, and how it is separated there. */
export function joinTexts(texts) {
  const isMultiline = texts.some((text) => /[\r\n]/.test(text.trim()));
  if (!isMultiline) return { text: texts.join("\n"), split: "lines" };
  // A blank line inside of a text would part it.
  const whole = texts.map((text) => text.trim().replace(/(\r\n?|\n)\s*(\r\n?|\n)/g, "\n"));
  return { text: whole.join("\n\n"), split: "blank" };
}

/** The texts in files that were opened or dropped. */
export async function readFiles(files) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  // A character takes up to four bytes.
  if (size > 4 * MOST_CHARACTERS) throw tooMuch(size);
  const texts = [];
  for (const file of files) texts.push(...textsOf(file.name, decode(await file.arrayBuffer(), file.name)));
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > MOST_CHARACTERS) throw tooMuch(characters);
  if (texts.length === 0) throw new InputProblem("problem-no-texts", { name: files[0]?.name ?? "" });
  return texts;
}

/** The problem of too long an input. */
export function tooMuch(characters) {
  return new InputProblem("problem-too-much", {
    size: (characters / 1e6).toFixed(1), most: MOST_CHARACTERS / 1e6,
  });
}

function decode(buffer, name) {
  for (const encoding of ["utf-8", "gb18030"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(buffer);
    } catch {
      // Chinese text that is not UTF-8 is nearly always GB18030.
    }
  }
  throw new InputProblem("problem-encoding", { name });
}

/** The texts of a file, by the ending of its name. */
export function textsOf(name, content) {
  const ending = name.toLowerCase().split(".").pop();
  if (ending === "jsonl" || ending === "ndjson") {
    return splitText(content, "lines").map((line) => textOf(parse(line, name), name));
  }
  if (ending === "json") {
    const value = parse(content, name);
    const list = Array.isArray(value) ? value : value?.documents;
    if (!Array.isArray(list)) throw new InputProblem("problem-json", { name });
    return list.map((one) => textOf(one, name));
  }
  if (ending === "csv") return textsOfTable(rowsOf(content));
  const hasParagraphs = /\n[^\S\n]*\r?\n/.test(content.trim());
  return splitText(content, ending === "md" || hasParagraphs ? "blank" : "lines");
}

function parse(text, name) {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputProblem("problem-json", { name });
  }
}

function textOf(value, name) {
  if (typeof value === "string") return value;
  const key = TEXT_KEYS.find((one) => typeof value?.[one] === "string");
  if (key === undefined) throw new InputProblem("problem-json", { name });
  return value[key];
}

/** The column that a head names as text, else the one with the most characters. */
function textsOfTable(rows) {
  if (rows.length === 0) return [];
  const head = rows[0].map((cell) => cell.trim().toLowerCase());
  const named = head.findIndex((cell) => TEXT_KEYS.includes(cell));
  if (named >= 0) return rows.slice(1).map((row) => row[named] ?? "").filter((text) => text.trim());
  const lengths = head.map((_, column) => rows.reduce((sum, row) => sum + (row[column] ?? "").length, 0));
  const longest = lengths.indexOf(Math.max(...lengths));
  return rows.map((row) => row[longest] ?? "").filter((text) => text.trim());
}

/** The rows of comma-separated values, with quotes as RFC 4180 has them. */
export function rowsOf(content) {
  const rows = [];
  let row = [], cell = "", isQuoted = false;
  const text = content.replace(/^\ufeff/, "");
  for (let place = 0; place < text.length; place += 1) {
    const character = text[place];
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[place + 1] === '"') { cell += '"'; place += 1; } else isQuoted = false;
    } else if (character === '"' && cell === "") isQuoted = true;
    else if (character === ",") { row.push(cell); cell = ""; }
    else if (character === "\n" || character === "\r") {
      if (character === "\r" && text[place + 1] === "\n") place += 1;
      row.push(cell); rows.push(row); row = []; cell = "";
    } else cell += character;
  }
  if (cell !== "" || row.length > 0) { row.push(cell); rows.push(row); }
  return rows.filter((one) => one.some((value) => value.trim() !== ""));
}
