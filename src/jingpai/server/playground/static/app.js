// The page: what is typed, asked and shown.

import { ServerProblem, ask, addressOf, firstStage, hasKey, keepKey, modelNames, rerank, wantsKey } from "./api.js";
import { InputProblem, MOST_CANDIDATES, MOST_CHARACTERS, joinTexts, readFiles, splitText, tooMuch } from "./candidates.js";
import { columnsOf, cut, disagreement, light, showColumns } from "./columns.js";
import { byId, make } from "./dom.js";
import { language, say, speak, translatePage } from "./language.js";
import { logitOf, signed } from "./scales.js";
import { bodyOf, codeOf, tableOf } from "./reuse.js";
import { fromFragment, toFragment } from "./state.js";
import { openWhy } from "./why.js";

const THEME = "jingpai-theme";
// Longer addresses are written only where someone asks for the link.
const MOST_ADDRESS = 8000;
const LONG_LINK = 30_000;
const QUIET_MS = 120;

const view = { result: null, columns: [], models: [], examples: [], running: null, isLinked: false };

// ---- what stands in the fields

function state() {
  const topK = Number.parseInt(byId("top-k").value, 10);
  const threshold = Number(byId("threshold").value);
  return {
    query: byId("query").value.trim(), text: byId("candidates").value, split: byId("split").value,
    models: chosenModels(), first: byId("first").value, scale: byId("scale").value,
    threshold: threshold > 0 ? threshold : null, topK: topK > 0 ? topK : null,
  };
}

function restore(given) {
  byId("query").value = given.query ?? "";
  byId("candidates").value = given.text ?? "";
  byId("split").value = given.split ?? "lines";
  byId("first").value = given.first ?? "similarity";
  byId("scale").value = given.scale ?? "sigmoid";
  byId("threshold").value = given.threshold ?? 0;
  byId("top-k").value = given.topK ?? "";
  const known = (given.models ?? []).filter((name) => view.models.includes(name));
  if (known.length > 0) {
    for (const box of byId("models").querySelectorAll("input")) box.checked = known.includes(box.value);
  }
  fitQuery();
  count();
}

function chosenModels() {
  const boxes = [...byId("models").querySelectorAll("input")];
  return boxes.filter((box) => box.checked).map((box) => box.value);
}

function texts() {
  return splitText(byId("candidates").value, byId("split").value);
}

function count() {
  const { length } = texts();
  byId("count").textContent = length === 1 ? say("count-one") : length ? say("count-many", { count: length }) : "";
}

function fitQuery() {
  const box = byId("query");
  box.style.blockSize = "auto";
  box.style.blockSize = `${Math.min(box.scrollHeight + 2, 160)}px`;
}

// ---- ranking

async function rank({ isMoving = true } = {}) {
  const asked = state();
  const documents = texts();
  if (asked.query === "") throw new InputProblem("problem-query");
  if (documents.length === 0) throw new InputProblem("problem-texts");
  if (documents.length > MOST_CANDIDATES) {
    throw new InputProblem("problem-many", { count: documents.length, most: MOST_CANDIDATES });
  }
  view.running?.abort();
  const running = new AbortController();
  view.running = running;
  const began = performance.now();
  working(true);
  try {
    const result = await guard((signal) => read(asked, documents, signal), running.signal);
    view.result = result;
    show({ isMoving });
    byId("status").textContent = say("done", {
      texts: documents.length === 1 ? say("count-one") : say("count-many", { count: documents.length }),
      models: result.models.map((model) => model.name).join(" + "),
      seconds: ((performance.now() - began) / 1000).toFixed(1),
    });
    await remember();
  } finally {
    if (view.running === running) {
      view.running = null;
      working(false);
    }
  }
}

async function read(asked, documents, signal) {
  if (view.models.length === 0) showModels(await modelNames());
  const chosen = asked.models.length > 0 ? asked.models : chosenModels();
  if (chosen.length === 0) throw new InputProblem("problem-model");
  const all = documents.length * (1 + chosen.length);
  let done = 0;
  const advance = (some) => {
    done += some;
    byId("progress").value = done / all;
    byId("status").textContent = say("working", { done, all });
  };
  const first = await firstStage(asked.query, documents, { signal, advance });
  const models = [];
  for (const model of chosen) models.push(await rerank(asked.query, documents, { model, signal, advance }));
  return { query: asked.query, documents, first, models };
}

function working(isWorking) {
  byId("rank").disabled = isWorking;
  byId("cancel").hidden = !isWorking;
  byId("progress").hidden = !isWorking;
  if (!isWorking) return;
  byId("progress").value = 0;
  byId("status").textContent = say("loading-first");
  complain(null);
}

function show({ isMoving = false } = {}) {
  const { result } = view;
  if (result === null) return;
  const settings = state();
  view.columns = columnsOf(result, settings);
  byId("results").hidden = false;
  byId("compare").replaceChildren();
  showColumns(byId("compare"), view.columns, { documents: result.documents, choose, isMoving });
  showCut();
}

function showCut() {
  if (view.result === null) return;
  const settings = state();
  const { threshold } = settings;
  const kept = cut(byId("compare"), view.columns, settings);
  byId("threshold-value").textContent = threshold === null ? say("threshold-none")
    : settings.scale === "logit" ? signed(logitOf(threshold), 2) : threshold.toFixed(2);
  byId("threshold").setAttribute("aria-valuetext", byId("threshold-value").textContent);
  const all = view.result.documents.length;
  const told = kept.map((number, position) => {
    const name = kept.length > 1 ? `${view.result.models[position].name}: ` : "";
    return name + say("remain", { kept: number, all });
  });
  if (kept.length > 1) {
    const { apart, from } = disagreement(view.columns);
    const marked = apart.filter((places) => places >= from).length;
    told.push(say(marked > 0 ? "disagree" : "agree", { count: marked, places: from }));
  }
  byId("remain").textContent = told.join(" · ");
}

// ---- why

function choose(index, column) {
  const shown = column.isFirst ? view.columns[1] : column;
  const from = document.activeElement;
  openWhy(byId("why"), {
    index, column: shown, columns: view.columns, result: view.result, guard, tell,
    shown: (which) => light(byId("compare"), which),
    closed: () => { light(byId("compare"), null); from?.focus(); },
  });
}

// ---- errors and keys

/** Runs what asks the server; where it wants a key, asks for it and runs it again. */
async function guard(act, signal) {
  for (;;) {
    try {
      return await act(signal);
    } catch (error) {
      if (error.status !== 401 || !(await askForKey(hasKey()))) throw error;
    }
  }
}

function askForKey(isAgain) {
  const dialog = byId("key");
  const input = byId("key-input");
  input.value = "";
  input.setAttribute("aria-invalid", String(isAgain));
  dialog.querySelector("p").textContent = say(isAgain ? "problem-401" : "key-note");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    byId("key-cancel").onclick = () => dialog.close("");
    byId("key-form").onsubmit = () => {
      keepKey(input.value.trim());
      dialog.returnValue = "given";
    };
    dialog.onclose = () => resolve(dialog.returnValue === "given");
  });
}

function tell(error) {
  if (error instanceof InputProblem) return say(error.message, error.values);
  if (error instanceof ServerProblem) {
    const values = { message: error.message, wait: error.retryAfter ?? 1 };
    return say([0, 401, 413, 429, 503].includes(error.status) ? `problem-${error.status}` : "problem-other", values).trim();
  }
  return say("problem-page", { message: String(error?.message ?? error) });
}

function complain(error) {
  const box = byId("error");
  box.hidden = error === null;
  box.textContent = error === null ? "" : tell(error);
}

/** Returns a listener whose failures become sentences. */
function safely(act) {
  return async (event) => {
    try {
      await act(event);
    } catch (error) {
      if (error.name === "AbortError") byId("status").textContent = say("cancelled");
      else {
        byId("status").textContent = "";
        complain(error);
      }
    }
  };
}

// ---- sharing

async function remember() {
  const fragment = await toFragment(state());
  if (fragment.length <= MOST_ADDRESS) history.replaceState(null, "", fragment);
  else history.replaceState(null, "", location.pathname);
}

async function copy(text, status) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = text.length > LONG_LINK ? say("copied-long", { length: text.length }) : say("copied");
  } catch {
    status.textContent = say("not-copied");
    getSelection().selectAllChildren(byId("code-text"));
  }
}

async function copyLink() {
  const fragment = await toFragment(state());
  await copy(addressOf("playground") + fragment, byId("status"));
}

function showCode() {
  const settings = state();
  const { models: [model] } = view.result ?? { models: [{ name: view.models[0] }] };
  const threshold = settings.threshold !== null && settings.scale === "logit"
    ? Number(logitOf(settings.threshold).toFixed(3)) : settings.threshold;
  const body = bodyOf({ ...settings, threshold, documents: view.result?.documents ?? texts(), model: model.name });
  byId("code-text").textContent = codeOf(byId("code-form").value, body);
  byId("code-status").textContent = "";
  if (!byId("code").open) byId("code").showModal();
}

function download() {
  const address = URL.createObjectURL(new Blob([tableOf(view.result)], { type: "text/csv" }));
  const link = make("a", { href: address, download: "jingpai.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// ---- input

function put({ text, split }) {
  byId("candidates").value = text;
  byId("split").value = split;
  count();
}

async function open(files) {
  if (files.length > 0) put(joinTexts(await readFiles(files)));
}

/** Keeps a text that would freeze the box out of it. */
function onPaste(event) {
  const pasted = event.clipboardData?.getData("text") ?? "";
  const box = event.target;
  const length = box.value.length - (box.selectionEnd - box.selectionStart) + pasted.length;
  if (length <= MOST_CHARACTERS) return complain(null);
  event.preventDefault();
  return complain(tooMuch(length));
}

async function onDrop(event) {
  event.preventDefault();
  byId("drop").classList.remove("is-over");
  const files = [...event.dataTransfer.files];
  if (files.length > 0) await open(files);
  else {
    const text = event.dataTransfer.getData("text");
    if (text.length > MOST_CHARACTERS) throw tooMuch(text.length);
    put({ text, split: byId("split").value });
  }
  complain(null);
}

function showModels(names) {
  view.models = names;
  const boxes = names.map((name) => make("label", { class: "inline" },
    make("input", { type: "checkbox", value: name, checked: true }), make("span", { dir: "auto" }, name)));
  byId("models").replaceChildren(byId("models").querySelector("legend"), ...boxes);
  byId("models").hidden = names.length < 2;
}

async function loadExamples() {
  view.examples = await ask("playground/examples.json");
  showExamples();
}

function showExamples() {
  const list = byId("example");
  list.replaceChildren(make("option", { value: "" }, say("example-none")),
    ...view.examples.map((one, index) => make("option", { value: index }, say(one.title))));
}

function useExample(index) {
  const { query, documents } = view.examples[index];
  restore({ ...state(), query, ...joinTexts(documents) });
  byId("example").value = index;
}

// ---- the page as a whole

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").value = theme;
  localStorage.setItem(THEME, theme);
}

function onLanguage() {
  speak(byId("language").value);
  const chosen = byId("example").value;
  showExamples();
  byId("example").value = chosen;
  count();
  complain(null);
  byId("status").textContent = "";
  show();
}

async function restoreLink() {
  let given;
  try {
    given = await fromFragment(location.hash);
  } catch {
    throw new InputProblem("problem-link");
  }
  if (given === null) return false;
  restore(given);
  return true;
}

function listen() {
  byId("ask").addEventListener("submit", safely(async (event) => { event.preventDefault(); await rank(); }));
  byId("cancel").addEventListener("click", () => view.running?.abort());
  byId("query").addEventListener("input", fitQuery);
  byId("query").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      byId("ask").requestSubmit();
    }
  });
  byId("candidates").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("ask").requestSubmit();
  });
  let timer = 0;
  byId("candidates").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(count, QUIET_MS); });
  byId("candidates").addEventListener("paste", onPaste);
  byId("query").addEventListener("paste", onPaste);
  byId("split").addEventListener("change", count);
  byId("files").addEventListener("change", safely(async (event) => {
    complain(null);
    await open([...event.target.files]);
    event.target.value = "";
  }));
  byId("drop").addEventListener("dragover", (event) => { event.preventDefault(); byId("drop").classList.add("is-over"); });
  byId("drop").addEventListener("dragleave", () => byId("drop").classList.remove("is-over"));
  byId("drop").addEventListener("drop", safely(onDrop));
  byId("example").addEventListener("change", safely(async (event) => {
    if (event.target.value === "") return;
    useExample(Number(event.target.value));
    await rank();
  }));
  for (const name of ["first", "scale"]) {
    byId(name).addEventListener("change", safely(async () => { show({ isMoving: name === "first" }); await remember(); }));
  }
  for (const name of ["threshold", "top-k"]) {
    byId(name).addEventListener("input", showCut);
    byId(name).addEventListener("change", safely(remember));
  }
  byId("copy-link").addEventListener("click", safely(copyLink));
  byId("show-code").addEventListener("click", safely(showCode));
  byId("download").addEventListener("click", safely(download));
  byId("code-form").addEventListener("change", safely(showCode));
  byId("code-copy").addEventListener("click", () => copy(byId("code-text").textContent, byId("code-status")));
  byId("code-close").addEventListener("click", () => byId("code").close());
  byId("theme").addEventListener("change", (event) => setTheme(event.target.value));
  byId("language").addEventListener("change", onLanguage);
  byId("compare").addEventListener("pointerover", (event) => {
    const item = event.target.closest("li[data-index]");
    if (!byId("why").open) light(byId("compare"), item === null ? null : Number(item.dataset.index));
  });
  byId("compare").addEventListener("pointerleave", () => { if (!byId("why").open) light(byId("compare"), null); });
  byId("compare").addEventListener("focusin", (event) => {
    const item = event.target.closest("li[data-index]");
    if (item !== null) light(byId("compare"), Number(item.dataset.index));
  });
  addEventListener("hashchange", safely(async () => { if (await restoreLink()) await rank(); }));
}

async function start() {
  setTheme(localStorage.getItem(THEME) ?? "auto");
  byId("language").value = language();
  translatePage();
  listen();
  await loadExamples();
  const isOpen = !(await wantsKey()) || hasKey();
  if (isOpen) showModels(await modelNames());
  const isLinked = await restoreLink();
  if (!isLinked) useExample(language() === "zh" ? 0 : 1);
  // Without a key, a person has to ask before the page does.
  if (isOpen) await rank();
}

safely(start)();
