// The server's public endpoints, asked a few documents at a time: progress is real, and cancelling
// drops the rest. A score does not depend on what else is in a request.

const KEY = "jingpai-key";
const DOCUMENTS_AT_ONCE = 16;
const CHARACTERS_AT_ONCE = 40_000;

/** Why the server did not answer: its status (0 where it was not reached) and its sentence. */
export class ServerProblem extends Error {
  constructor(status, message, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Keeps the key until the tab is closed. */
export function keepKey(key) {
  sessionStorage.setItem(KEY, key);
}

export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

/** The address of an endpoint, also behind a proxy's prefix. */
export const addressOf = (path) => new URL(path, document.baseURI).href;

/** Sends a request, and returns what came back as JSON. */
export async function ask(path, { body = null, signal = null } = {}) {
  const headers = {};
  const key = sessionStorage.getItem(KEY);
  if (key !== null) headers.authorization = `Bearer ${key}`;
  if (body !== null) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(addressOf(path), {
      method: body === null ? "GET" : "POST",
      headers, signal, body: body === null ? null : JSON.stringify(body),
      cache: "no-store", credentials: "omit", redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerProblem(0, "");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    const wait = Number(response.headers.get("retry-after")) || null;
    throw new ServerProblem(response.status, told.message ?? told.error ?? "", wait);
  }
  return response.json();
}

/** The names of the loaded models, the default one first. */
export async function modelNames() {
  return (await ask("v1/models")).data.map((model) => model.id);
}

/** Whether a key is asked for. */
export async function wantsKey() {
  return (await ask("v1/cluster/auth")).auth;
}

/** What a model says of documents: logits, spans, and what was read, in input order. */
export async function rerank(query, documents, { model, signal, advance }) {
  const found = [];
  let name = model;
  for (const [first, some] of portions(documents)) {
    const reply = await ask("v1/rerank", {
      signal,
      body: { model, query, documents: some, raw_scores: true, return_documents: false },
    });
    name = reply.model;
    for (const one of reply.results) {
      found[first + one.index] = {
        logit: one.relevance_score, span: one.span, passages: one.passages, truncated: one.truncated,
      };
    }
    advance(some.length);
  }
  return { name, found };
}

/** The scores of both first stages, in input order. */
export async function firstStage(query, documents, { signal, advance }) {
  const words = await ask("v1/explain", { signal, body: { query, documents, include: ["bm25"] } });
  const similarity = [];
  for (const [, some] of portions(documents)) {
    const reply = await ask("v1/explain", {
      signal, body: { query, documents: some, include: ["similarity"] },
    });
    similarity.push(...reply.results.map((one) => one.similarity));
    advance(some.length);
  }
  return { similarity, bm25: words.results.map((one) => one.bm25) };
}

/** The sentences of a document with their logits. */
export async function sentences(query, document_, { model, signal }) {
  const body = { model, query, documents: [document_], include: ["sentences"], raw_scores: true };
  return (await ask("v1/explain", { signal, body })).results[0].sentences;
}

/** The logits of pairs: one query for all documents, or one for each. */
export async function scorePairs(queries, documents, { model, signal, advance }) {
  const logits = [];
  for (const [first, some] of portions(documents)) {
    const asked = queries.length === 1 ? queries : queries.slice(first, first + some.length);
    const reply = await ask("v1/score", {
      signal, body: { model, queries: asked, documents: some, use_activation: false },
    });
    logits.push(...reply.data.map((one) => one.score));
    advance(some.length);
  }
  return logits;
}

function* portions(documents) {
  let first = 0;
  while (first < documents.length) {
    let last = first, characters = 0;
    while (last < documents.length && last - first < DOCUMENTS_AT_ONCE &&
           (last === first || characters + documents[last].length <= CHARACTERS_AT_ONCE)) {
      characters += documents[last].length;
      last += 1;
    }
    yield [first, documents.slice(first, last)];
    first = last;
  }
}
