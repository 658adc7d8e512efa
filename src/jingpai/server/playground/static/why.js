// One document: its sentences by their own score, and the words that matter.

import { scorePairs, sentences } from "./api.js";
import { make } from "./dom.js";
import { language, place, say } from "./language.js";
import { cutter, pointsOf } from "./points.js";
import { orderOf, sigmoid, signed } from "./scales.js";

const SHADES = 10;
// Longer documents have many sentences: what they cost is said first.
const MOST_AT_ONCE = 6000;
const CHARACTERS_A_SENTENCE = 60;
const MOST_WORDS = 400;

let running = new AbortController();

/** Opens the drawer for a document. */
export function openWhy(drawer, view) {
  showWhy(drawer, view);
  if (!drawer.open) drawer.showModal();
}

function showWhy(drawer, view) {
  running.abort();
  running = new AbortController();
  const { column, index, columns, result } = view;
  const rank = column.places[index];
  const go = (step) => {
    const next = column.order[rank + step];
    if (next !== undefined) showWhy(drawer, { ...view, index: next });
  };
  const close = button("close", () => drawer.close());
  const previous = button("why-previous", () => go(-1), rank === 0);
  const next = button("why-next", () => go(1), rank === column.order.length - 1);
  const work = make("section", { class: "sentences" });
  drawer.replaceChildren(
    make("header", { class: "why-head" },
      make("h2", { id: "why-title" }, say("why-title", { place: place(rank + 1) })),
      make("div", { class: "steps" }, previous, next, close)),
    make("p", { class: "asked", dir: "auto" }, result.query),
    facts(view), work);
  drawer.onkeydown = (event) => {
    if (event.key === "ArrowDown" && event.altKey) go(1);
    if (event.key === "ArrowUp" && event.altKey) go(-1);
  };
  drawer.onclose = () => { running.abort(); view.closed(); };
  view.shown(index);
  close.focus();
  const text = result.documents[index];
  const read = () => readSentences(work, { ...view, columns, signal: running.signal });
  if (text.length <= MOST_AT_ONCE) read();
  else {
    const count = Math.ceil(text.length / CHARACTERS_A_SENTENCE);
    work.append(make("p", {}, say("why-many", { count })), plainText(view),
      button("why-go", () => { work.replaceChildren(); read(); }, false, { count }));
  }
}

function facts({ column, columns, index, result }) {
  const { logit, passages, truncated } = column.found[index];
  const first = columns[0];
  const pairs = [
    [say("why-model"), column.title],
    [say("why-relevance"), `${sigmoid(logit).toFixed(3)}  (${say("why-logit")} ${signed(logit, 2)})`],
    [first.title, say("why-was", { place: place(first.places[index] + 1), all: first.order.length })],
    [say("why-similarity"), result.first.similarity[index].toFixed(3)],
    [say("why-bm25"), result.first.bm25[index].toFixed(2)],
  ];
  const list = make("dl", { class: "why-facts" });
  for (const [name, value] of pairs) list.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  const notes = make("div", { class: "notes" }, list);
  if (passages > 1) notes.append(make("p", {}, say("why-passages", { passages })));
  if (truncated) {
    const isTextCut = column.found[index].span.end < pointsOf(result.documents[index]);
    notes.append(make("p", {}, say(isTextCut ? "why-truncated" : "why-truncated-title")));
  }
  return notes;
}

async function readSentences(work, view) {
  const { column, index, result, signal } = view;
  const waiting = make("p", { class: "quiet", role: "status" }, say("loading-first"));
  work.append(waiting, plainText(view));
  let found;
  try {
    found = await view.guard((asked) => sentences(result.query, result.documents[index], {
      model: column.title, signal: asked,
    }), signal);
  } catch (error) {
    if (error.name !== "AbortError") waiting.textContent = view.tell(error);
    return;
  }
  if (signal.aborted) return;
  const best = found.length === 0 ? null : found[orderOf(found.map((one) => one.relevance_score))[0]];
  work.replaceChildren(
    make("h3", {}, say("why-sentences")),
    best === null ? make("p", {}, say("why-none")) : bestOf(best, view, found.length === 1),
    shadedText(found, best, view), legend());
  if (best !== null) work.append(words(best, view));
}

function bestOf(best, { column, index, result }, isAlone) {
  const text = cutter(result.documents[index])(best.start, best.end);
  const whole = sigmoid(column.found[index].logit);
  const alone = sigmoid(best.relevance_score);
  const parts = make("div", { class: "best" },
    make("p", {}, say("why-best", { score: alone.toFixed(3) })));
  if (!isAlone) parts.append(make("blockquote", { dir: "auto" }, text));
  if (whole - alone > 0.1) parts.append(make("p", { class: "quiet" }, say("why-gap", { score: whole.toFixed(3) })));
  return parts;
}

/** The text as it was pasted, before its sentences are known. */
function plainText({ result, index }) {
  return make("div", { class: "document", dir: "auto" }, result.documents[index]);
}

/** The text with its sentences shaded, the winning passage marked, and what was cut struck. */
function shadedText(found, best, { column, index, result }) {
  const text = result.documents[index];
  const { span, passages, truncated } = column.found[index];
  const cutAt = cutter(text);
  const end = pointsOf(text);
  const marks = passages > 1 || (truncated && span.end < end);
  const edges = [...new Set([0, end, ...found.flatMap((one) => [one.start, one.end]),
    ...(marks ? [span.start, span.end] : [])])].sort((a, b) => a - b);
  const box = make("div", { class: "document", dir: "auto" });
  let inside = null;
  let current = 0;
  for (let place_ = 0; place_ + 1 < edges.length; place_ += 1) {
    const [from, to] = [edges[place_], edges[place_ + 1]];
    while (current < found.length && found[current].end <= from) current += 1;
    const sentence = current < found.length && found[current].start <= from ? found[current] : null;
    const piece = stretch(cutAt(from, to), sentence, sentence === best);
    const isWinning = marks && passages > 1 && from >= span.start && to <= span.end;
    const isUnread = passages === 1 && truncated && from >= span.end;
    if (isUnread) piece.classList.add("unread");
    if (isWinning && inside === null) { inside = make("div", { class: "winning" }); box.append(inside); }
    if (!isWinning) inside = null;
    (inside ?? box).append(piece);
  }
  return box;
}

function stretch(text, sentence, isBest) {
  if (sentence === null) return make("span", {}, text);
  const score = sigmoid(sentence.relevance_score);
  const shade = Math.round(score * SHADES);
  return make("mark", {
    class: isBest ? `sentence shade-${shade} is-best` : `sentence shade-${shade}`, title: score.toFixed(3),
  }, text, make("span", { class: "unseen" }, ` (${score.toFixed(3)}) `));
}

function legend() {
  const shades = Array.from({ length: SHADES + 1 }, (_, shade) => make("i", { class: `shade-${shade}` }));
  return make("p", { class: "legend quiet" }, make("span", {}, say("why-legend")), make("span", {}, "0"),
    make("span", { class: "ramp", "aria-hidden": "true" }, ...shades), make("span", {}, "1"));
}

function words(best, view) {
  const text = cutter(view.result.documents[view.index])(best.start, best.end);
  const part = make("section", { class: "words" },
    make("h3", {}, say("why-words")), make("p", { class: "quiet" }, say("why-words-note")));
  const room = make("div", { "aria-live": "polite" });
  const query = partsOf(view.result.query);
  const sentence = partsOf(text);
  const choices = make("div", { class: "go" },
    pairsButton("why-words-query", query, () => leaveOut(room, query, view, (without) => [without, [text]])),
    pairsButton("why-words-best", sentence, () => leaveOut(room, sentence, view, (without) => [[view.result.query], without])));
  part.append(choices, room);
  return part;
}

function pairsButton(message, parts, act) {
  const count = parts.filter((one) => one.isWord).length + 1;
  return button(message, act, count < 3 || count > MOST_WORDS, { count });
}

/** The words of a text and what is between them, by the rules of its script. */
function partsOf(text) {
  if (typeof Intl.Segmenter === "function") {
    const segments = new Intl.Segmenter(language(), { granularity: "word" }).segment(text);
    return Array.from(segments, (one) => ({ text: one.segment, isWord: one.isWordLike }));
  }
  const runs = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+/gu) ?? [];
  return runs.map((one) => ({ text: one, isWord: /[\p{L}\p{N}]/u.test(one) }));
}

async function leaveOut(room, parts, { column, guard, tell, signal }, pairsOf) {
  const places = parts.flatMap((one, index) => (one.isWord ? [index] : []));
  const whole = parts.map((one) => one.text).join("");
  const variants = [whole, ...places.map((left) => parts.filter((_, index) => index !== left).map((one) => one.text).join(""))];
  const [queries, documents] = pairsOf(variants);
  const all = variants.length;
  let done = 0;
  const told = make("p", { class: "quiet" });
  const bar = make("progress", { max: all, value: 0, "aria-label": say("why-words") });
  room.replaceChildren(bar, told);
  const advance = (count) => {
    done += count;
    bar.value = done;
    told.textContent = say("why-reading", { done, all });
  };
  const texts = documents.length === 1 ? queries.map(() => documents[0]) : documents;
  try {
    const logits = await guard((asked) => scorePairs(queries, texts, { model: column.title, signal: asked, advance }), signal);
    if (!signal.aborted) room.replaceChildren(...weighed(parts, places, logits));
  } catch (error) {
    if (error.name !== "AbortError") room.replaceChildren(make("p", { class: "error" }, tell(error)));
  }
}

function weighed(parts, places, logits) {
  const drops = logits.slice(1).map((logit) => logits[0] - logit);
  const most = Math.max(...drops.map(Math.abs), 0.5);
  const line = make("p", { class: "document weighed", dir: "auto" });
  parts.forEach((one, index) => {
    const which = places.indexOf(index);
    if (which < 0) { line.append(one.text); return; }
    const share = drops[which] / most;
    const kind = share > 0 ? `shade-${Math.round(share * SHADES)}` : share < -0.15 ? "against" : "shade-0";
    line.append(make("mark", { class: kind, title: signed(drops[which], 2) }, one.text));
  });
  const top = orderOf(drops).slice(0, 5).filter((which) => drops[which] > 0);
  const list = make("ol", { class: "drops" }, ...top.map((which) =>
    make("li", {}, make("span", { dir: "auto" }, parts[places[which]].text), make("span", { class: "score" }, drops[which].toFixed(2)))));
  return [line, make("p", { class: "quiet" }, say("why-words-done")), list,
    drops.some((drop) => drop / most < -0.15) ? make("p", { class: "quiet" }, say("why-words-rises")) : ""];
}

function button(message, act, isDisabled = false, values = {}) {
  const element = make("button", { type: "button", disabled: isDisabled }, say(message, values));
  element.addEventListener("click", act);
  return element;
}
