// The heart of the page: orders side by side, and lines between a document's places in them.

import { draw, make } from "./dom.js";
import { say } from "./language.js";
import { beginning } from "./points.js";
import { firstScale, orderOf, relevanceScale, shareOf, sigmoid } from "./scales.js";

const MOST_SHOWN = 240;
const MOST_MOVING = 60;
// More rows get a line of text each instead of two.
const MOST_ROOMY = 40;

/** Returns the columns of a result: what stands where, in order. */
export function columnsOf(result, { first, scale }) {
  const columns = [];
  const values = first === "input" ? result.documents.map((_, index) => -index) : result.first[first];
  const axis = first === "input" ? null : firstScale(first, values);
  columns.push({
    title: say(`first-${first}`), axis, isFirst: true, order: orderOf(values),
    value: (index) => values[index],
  });
  for (const model of result.models) {
    const logits = model.found.map((one) => one.logit);
    const of = relevanceScale(scale);
    columns.push({
      title: model.name, axis: of, isFirst: false, order: orderOf(logits), found: model.found,
      value: (index) => of.of(logits[index]), score: (index) => sigmoid(logits[index]),
    });
  }
  for (const column of columns) {
    column.places = [];
    column.order.forEach((index, place) => { column.places[index] = place; });
  }
  return columns;
}

/** How far apart the models put each document, and from where on that is worth a mark. */
export function disagreement(columns) {
  const ranked = columns.filter((column) => !column.isFirst);
  const apart = ranked[0].places.map((_, index) => {
    const places = ranked.map((column) => column.places[index]);
    return Math.max(...places) - Math.min(...places);
  });
  return { apart, from: Math.max(2, Math.ceil(apart.length / 4)) };
}

/** Writes the columns and the lines into an element. */
export function showColumns(container, columns, { documents, choose, isMoving }) {
  const parts = [];
  const { apart, from } = disagreement(columns);
  const hasMany = columns.length > 2;
  columns.forEach((column, position) => {
    if (position > 0) parts.push(lines(columns[position - 1], column));
    const marks = hasMany && !column.isFirst ? { apart, from } : null;
    parts.push(list(column, columns[position - 1], { documents, choose, marks }));
  });
  container.style.setProperty("--rows", documents.length);
  container.classList.toggle("many", hasMany);
  container.classList.toggle("dense", documents.length > MOST_ROOMY);
  container.replaceChildren(...parts);
  if (isMoving) move(container, columns);
}

function list(column, before, { documents, choose, marks }) {
  const axis = column.axis === null ? say("axis-none")
    : say(column.axis.name, { high: column.axis.high.toFixed(1) });
  const rows = column.order.map((index, place) =>
    row(column, before, { index, place, text: documents[index], choose, marks }));
  const head = make("header", { class: "column-head" },
    make("h3", { dir: "auto" }, column.title), make("p", { class: "quiet axis" }, axis),
    column.isFirst ? make("p", { class: "short", "aria-hidden": "true" }, say("before")) : null);
  const items = make("ol", { class: "rows", "aria-label": column.title }, ...rows);
  walk(items);
  return make("section", { class: column.isFirst ? "column first" : "column" }, head, items);
}

function row(column, before, { index, place, text, choose, marks }) {
  const value = column.value(index);
  const written = column.axis === null ? "" : column.axis.write(value);
  const shown = beginning(text, MOST_SHOWN);
  const isApart = marks !== null && marks.apart[index] >= marks.from;
  const button = make("button", {
    type: "button", class: isApart ? "card apart" : "card", tabindex: place === 0 ? 0 : -1,
    "data-index": index,
    title: isApart ? say("apart", { places: marks.apart[index] }) : null,
  });
  const facts = make("span", { class: "facts" });
  let label;
  if (column.isFirst) {
    label = say("row-before", { rank: place + 1, score: written, text: shown });
  } else {
    const moved = before.places[index] - place;
    const movedText = say(moved === 0 ? "same" : moved > 0 ? "up" : "down", { places: Math.abs(moved) });
    label = say("row-after", { rank: place + 1, moved: movedText, score: written, text: shown });
    facts.append(make("span", { class: moved > 0 ? "moved up" : "moved" },
      moved === 0 ? "=" : `${moved > 0 ? "▲" : "▼"}\u202f${Math.abs(moved)}`));
  }
  if (isApart) label += ` ${say("row-apart", { places: marks.apart[index] })}`;
  button.setAttribute("aria-label", label);
  if (column.axis !== null) {
    const fill = make("span", { class: "fill" });
    fill.style.inlineSize = `${100 * shareOf(value, column.axis)}%`;
    facts.prepend(make("span", { class: "score" }, written), make("span", { class: "bar" }, fill));
  }
  button.append(make("span", { class: "rank", "aria-hidden": "true" }, String(place + 1)),
    make("span", { class: "body", "aria-hidden": "true" }, facts,
      make("span", { class: "text", dir: "auto" }, shown)));
  button.addEventListener("click", () => choose(index, column));
  return make("li", { "data-index": index }, button);
}

/** Lines from one column to the next, in units of a row, so that no size is measured. */
function lines(from, to) {
  const count = to.order.length;
  const paths = from.order.map((index, place) => {
    const moved = place - to.places[index];
    const path = draw("path", {
      class: moved > 0 ? "up" : moved < 0 ? "down" : "same", "data-index": index,
      d: `M0 ${place + 0.5}C50 ${place + 0.5} 50 ${to.places[index] + 0.5} 100 ${to.places[index] + 0.5}`,
      "vector-effect": "non-scaling-stroke",
    });
    // How far it moved, of how far it could have.
    path.style.setProperty("--far", Math.sqrt(Math.abs(moved) / Math.max(1, count - 1)).toFixed(3));
    return path;
  });
  const picture = draw("svg", {
    viewBox: `0 0 100 ${count}`, preserveAspectRatio: "none", role: "img", "aria-label": say("lines-label"),
  }, ...paths);
  return make("div", { class: "lines" }, picture);
}

/** Shows what falls below the threshold or behind the top k; returns how many remain. */
export function cut(container, columns, { threshold, topK }) {
  const lists = container.querySelectorAll(".column");
  const kept = [];
  columns.forEach((column, position) => {
    if (column.isFirst) return;
    let remaining = 0;
    for (const item of lists[position].querySelectorAll("li")) {
      const index = Number(item.dataset.index);
      const stays = column.score(index) >= (threshold ?? 0) && column.places[index] < (topK ?? Infinity);
      item.classList.toggle("is-cut", !stays);
      remaining += stays;
    }
    kept.push(remaining);
    if (position === 1) greyFirst(container, columns, { threshold, topK });
  });
  return kept;
}

/** With one model, what it cuts is grey everywhere. */
function greyFirst(container, columns, { threshold, topK }) {
  const model = columns[1];
  const isAlone = columns.length === 2;
  for (const one of container.querySelectorAll(".first li, .lines path")) {
    const index = Number(one.dataset.index);
    const stays = model.score(index) >= (threshold ?? 0) && model.places[index] < (topK ?? Infinity);
    one.classList.toggle("is-cut", isAlone && !stays);
  }
}

/** Shows a document in all columns, and its lines before all others. */
export function light(container, index) {
  container.classList.toggle("has-light", index !== null);
  for (const one of container.querySelectorAll(".is-light")) one.classList.remove("is-light");
  if (index === null) return;
  for (const one of container.querySelectorAll(`li[data-index="${index}"], path[data-index="${index}"]`)) {
    one.classList.add("is-light");
  }
}

/** Arrow keys go from row to row; the list itself is one stop of the tab key. */
function walk(items) {
  const buttons = () => [...items.querySelectorAll("button")];
  const go = (from, to) => {
    if (to === undefined) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  items.addEventListener("keydown", (event) => {
    const all = buttons();
    const place = all.indexOf(event.target);
    const next = { ArrowDown: place + 1, ArrowUp: Math.max(0, place - 1), Home: 0, End: all.length - 1 }[event.key];
    if (place < 0 || next === undefined) return;
    event.preventDefault();
    go(all[place], all[next]);
  });
}

/** Has the documents move from their place before to the one after. */
function move(container, columns) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  if (columns[0].order.length > MOST_MOVING) return;
  container.querySelectorAll(".column").forEach((section, position) => {
    if (position === 0) return;
    const items = [...section.querySelectorAll("li")];
    const pitch = items[0].getBoundingClientRect().height;
    for (const item of items) {
      const index = Number(item.dataset.index);
      const moved = columns[position - 1].places[index] - columns[position].places[index];
      item.animate([{ transform: `translateY(${moved * pitch}px)` }, { transform: "none" }],
        { duration: 650, easing: "cubic-bezier(.3,.1,.2,1)" });
    }
  });
  for (const path of container.querySelectorAll(".lines path")) {
    path.animate([{ opacity: 0 }, { opacity: 0 }, {}], { duration: 900, easing: "ease-out" });
  }
}
