// The screen shows what the terminal says and tells it what was touched; it decides nothing.
import { chime } from "./chime.js";
import { fit } from "./fit.js";
import { follow, post } from "./link.js";
import { lock } from "./lock.js";
import { slides } from "./slides.js";
import { fillAsked, fillHeader, fillIdle, fillReason } from "./views.js";
import { speak } from "./words.js";

const rest = 500; // ms: the second tap of a double tap may not choose a reason
let state = null;
let view = "away";
let busy = false;

function show(next) {
  const changed = next !== view;
  view = next;
  document.body.dataset.state = view;
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  if (changed) arrive(document.querySelector(`[data-view="${view}"]`));
}

function arrive(section) {
  trouble("");
  waits(false);
  section.querySelector("h1:not([hidden])")?.focus({ preventScroll: true });
  if (view !== "reason") return;
  section.inert = true;
  setTimeout(() => { section.inert = false; }, rest);
}

function take(given) {
  const before = state;
  state = given;
  const words = speak(state.language);
  document.documentElement.dataset.theme = state.theme ?? "auto";
  document.documentElement.dataset.size = state.large ? "large" : "normal";
  document.getElementById("demo").hidden = !state.demo;
  fillHeader(state, words, { language, large });
  fillIdle(state, words);
  fillAsked(state, words, press);
  fillReason(state, words, reason);
  slides(state, words);
  show(state.state);
  if (state.unsaved) trouble(words.not_saved);
  if (state.voice && before && before.state !== state.state) chime(state.state);
  document.body.dataset.session = state.session ?? "";
  fit();
}

function away() {
  show("away");
}

function trouble(text) {
  document.getElementById("trouble").textContent = text;
}

async function press(level) {
  if (busy) return;
  trouble("");
  waits(true);
  const session = state.session;
  const status = await send("/screen/press", { session, level });
  if (status >= 500) trouble(speak(state.language).not_saved);
  // The keys come back only for the same question; what else may have happened, the next state says.
  const asksOn = () => view === "asked" && state.session === session && waits(false);
  setTimeout(asksOn, status < 300 ? rest : 0);
}

// All keys fade together: which one was touched is nobody's business but the citizen's.
function waits(on) {
  busy = on;
  document.getElementById("levels").dataset.busy = on;
}

const reason = (key) => send("/screen/reason", { session: state.session, reason: key });
const language = (code) => send("/screen/language", { language: code });
const large = () => send("/screen/large", { on: !state.large });

async function send(path, body) {
  const status = await post(path, body);
  if (status === null) link.again();
  return status;
}

document.getElementById("skip").addEventListener("click", () => reason(null));
addEventListener("resize", fit);
lock();
const link = follow(take, away);
