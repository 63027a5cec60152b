// Fills the views. What has not changed is left alone: a key that is replaced under a finger would be a dead key.
import { nameOf, tagOf } from "./words.js";

const drawn = new WeakMap();
const byId = (id) => document.getElementById(id);

function when(element, given, draw) {
  const now = JSON.stringify(given);
  if (drawn.get(element) === now) return;
  drawn.set(element, now);
  element.replaceChildren(...draw());
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function drawing(symbol, style) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${symbol}`);
  svg.setAttribute("class", style);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function key(text, pressed, ...before) {
  const button = make("button", { type: "button" }, ...before, make("span", {}, text));
  button.addEventListener("click", pressed);
  return button;
}

export function fillHeader(state, words, { language, large }) {
  byId("window").textContent = state.window;
  byId("large").hidden = false;
  byId("large").ariaPressed = String(state.large);
  byId("large").onclick = large;
  const others = state.languages.filter((code) => code !== state.language);
  when(byId("languages"), [state.language, state.languages], () => others.map((code) => languageKey(code, language)));
}

function languageKey(code, language) {
  const button = key(nameOf(code), () => language(code));
  button.lang = tagOf(code);
  return button;
}

export function fillIdle(state, words) {
  for (const card of document.querySelectorAll(".clerk")) {
    card.hidden = !state.clerk;
    when(card, [state.clerk, words.number], () => (state.clerk ? clerk(state.clerk, words) : []));
  }
  for (const ticket of document.querySelectorAll(".ticket")) {
    ticket.hidden = !state.ticket;
    ticket.querySelector("[data-ticket]").textContent = state.ticket;
  }
}

function clerk({ number, name, photo }, words) {
  const lines = make("div", { class: "lines" }, make("p", { class: "name", "data-fit": "" }, name || number));
  if (number && name) {
    lines.append(make("p", { class: "staff" }, `${words.number} `, make("b", { "data-fit": "" }, number)));
  }
  return [portrait(photo), lines];
}

// The drawing stands in when there is no picture, and as soon as one turns out to be broken.
function portrait(url) {
  if (!url) return drawing("person", "photo");
  const picture = make("img", { class: "photo", alt: "", draggable: "false" });
  picture.addEventListener("error", () => picture.replaceWith(drawing("person", "photo")));
  picture.src = url;
  return picture;
}

export function fillAsked(state, words, press) {
  const keys = byId("levels");
  when(keys, [state.session, state.levels, state.language], () => state.levels.map((one) => level(one, words, press)));
  keys.dataset.count = state.levels.length;
  const figure = byId("qr");
  const picture = figure.querySelector("img");
  if (picture.getAttribute("src") !== state.qr) {
    figure.hidden = !state.qr;
    if (state.qr) picture.src = state.qr;
    else picture.removeAttribute("src");
  }
  picture.onerror = () => { figure.hidden = true; };
  runDown(state.closes_in);
}

function level({ level: number }, words, press) {
  const button = key(words[`level_${number}`], () => press(number), drawing(`face-${number}`, "face"));
  button.className = `level level-${number}`;
  button.dataset.level = number;
  return button;
}

export function fillReason(state, words, reason) {
  const keys = byId("reasons");
  when(keys, [state.session, state.reasons, state.language], () =>
    state.reasons.map((one) => key(one[state.language] ?? one.en ?? one.key, () => reason(one.key))));
  keys.dataset.count = state.reasons.length;
}

const longest = 30; // s: a longer time begins with a full bar
const bars = document.querySelectorAll(".time i");

function runDown(seconds) {
  for (const bar of bars) {
    for (const running of bar.getAnimations()) running.cancel();
    bar.parentElement.hidden = seconds === null;
    if (seconds === null) continue;
    const full = Math.min(1, seconds / longest);
    bar.animate([{ transform: `scaleX(${full})` }, { transform: "scaleX(0)" }], { duration: seconds * 1000, fill: "forwards" });
  }
}
