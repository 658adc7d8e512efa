// Which language the page speaks, and how a text gets into it.

import { MESSAGES } from "./messages.js";

const KEPT = "jingpai-language";
let current = chosen();

function chosen() {
  const kept = localStorage.getItem(KEPT);
  if (kept in MESSAGES) return kept;
  const wanted = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  return wanted.find((language) => language in MESSAGES) ?? "en";
}

export const language = () => current;

/** Speaks another language from now on, and remembers it. */
export function speak(wanted) {
  current = wanted;
  localStorage.setItem(KEPT, wanted);
  translatePage();
}

/** Returns a message with values in it. */
export function say(message, values = {}) {
  const text = MESSAGES[current][message] ?? MESSAGES.en[message] ?? message;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Puts all fixed texts of the page, or of a part of it, into the language. */
export function translatePage(root = document) {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const element of root.querySelectorAll("[data-say]")) {
    element.textContent = say(element.dataset.say);
  }
}

/** A place in an order as people say it. */
export function place(rank) {
  return current === "zh" ? `第 ${rank} 名` : `#${rank}`;
}
