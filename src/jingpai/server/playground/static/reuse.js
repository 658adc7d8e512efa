// The case for use elsewhere: as a request, and as a table.

import { addressOf, hasKey } from "./api.js";
import { orderOf, sigmoid } from "./scales.js";

/** The body of the request for a case, with what would be cut cut by the server. */
export function bodyOf({ query, documents, model, topK, threshold, scale }) {
  const body = { model, query, documents };
  if (topK !== null) body.top_n = topK;
  if (threshold !== null) body.threshold = threshold;
  if (scale === "logit") body.raw_scores = true;
  return body;
}

/** The case as something to run: `curl`, `python` or `json`. */
export function codeOf(form, body) {
  if (form === "json") return JSON.stringify(body, null, 2);
  const address = addressOf("v1/rerank");
  return form === "curl" ? curl(address, body) : python(address, body);
}

function curl(address, body) {
  const key = hasKey() ? ` \\\n  -H "Authorization: Bearer $JINGPAI_API_KEY"` : "";
  // Between quoted marks a shell changes nothing, and JSON has no line that is the mark.
  return `curl '${address}' -H 'Content-Type: application/json'${key} \\\n` +
    `  -d @- <<'JSON'\n${JSON.stringify(body, null, 1)}\nJSON`;
}

function python(address, body) {
  const fields = Object.entries(body).map(([name, value]) => `        "${name}": ${literal(value)},`);
  const key = hasKey() ? `\n    headers={"Authorization": f"Bearer {os.environ['JINGPAI_API_KEY']}"},` : "";
  return `${hasKey() ? "import os\n\n" : ""}import requests\n\nreply = requests.post(\n` +
    `    ${JSON.stringify(address)},${key}\n    json={\n${fields.join("\n")}\n    },\n    timeout=60,\n)\n` +
    `reply.raise_for_status()\nfor found in reply.json()["results"]:\n` +
    `    print(found["index"], found["relevance_score"], found["document"]["text"])`;
}

/** A value as Python writes it; its strings may be written as in JSON. */
function literal(value) {
  if (value === true) return "True";
  if (Array.isArray(value)) {
    return `[\n${value.map((one) => `            ${JSON.stringify(one)},`).join("\n")}\n        ]`;
  }
  return JSON.stringify(value);
}

/** The results as comma-separated values, best first by the first model. */
export function tableOf({ documents, first, models }) {
  const head = ["rank", "index"];
  for (const { name } of models) head.push(`${name} rank`, `${name} score`, `${name} logit`);
  head.push("similarity", "similarity rank", "bm25", "bm25 rank", "text");
  const places = [...models.map((model) => model.found.map((one) => one.logit)), first.similarity, first.bm25]
    .map(placesOf);
  const rows = orderOf(models[0].found.map((one) => one.logit)).map((index, rank) => {
    const row = [rank + 1, index];
    models.forEach((model, which) => {
      const { logit } = model.found[index];
      row.push(places[which][index], sigmoid(logit), logit);
    });
    row.push(first.similarity[index], places[models.length][index], first.bm25[index],
      places[models.length + 1][index], documents[index]);
    return row;
  });
  // The mark at the beginning tells spreadsheets that this is UTF-8.
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

function placesOf(values) {
  const places = [];
  orderOf(values).forEach((index, place) => { places[index] = place + 1; });
  return places;
}

function cell(value) {
  if (typeof value === "number") return String(value);
  // A spreadsheet would run what begins like a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
