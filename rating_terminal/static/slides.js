// The slideshow of notices while nobody is asked. It can be stopped by hand and goes on by itself for the next person.
import { drawing } from "./views.js";

const each = 8000; // ms that a notice is shown
const stopped = 60_000; // ms that a pause lasts
const notice = document.getElementById("notice");
const title = document.getElementById("notice-title");
const text = document.getElementById("notice-text");
const picture = document.getElementById("notice-picture");
const pause = document.getElementById("pause");
let state = null;
let words = null;
let known = "";
let at = 0;
let timer = 0;
let paused = false;

export function slides(given, spoken) {
  state = given;
  words = spoken;
  document.getElementById("welcome").hidden = state.notices.length > 0;
  notice.hidden = state.notices.length === 0;
  pause.hidden = state.notices.length < 2;
  const now = JSON.stringify([state.notices, state.language, state.state]);
  if (now === known) return;
  known = now;
  hold(false);
  draw();
}

function hold(on) {
  paused = on;
  pause.ariaLabel = on ? words.play : words.pause;
  pause.replaceChildren(drawing(on ? "sign-play" : "sign-pause", ""));
  clearTimeout(timer);
  if (state.state !== "idle" || state.notices.length < 2) return;
  timer = on ? setTimeout(() => hold(false), stopped) : setTimeout(next, each);
}

function next() {
  at += 1;
  draw();
  hold(false);
}

function draw() {
  if (state.notices.length === 0) return;
  at %= state.notices.length;
  const shown = state.notices[at];
  const chinese = state.language === "zh" || !shown.title_en;
  notice.lang = chinese ? "zh-CN" : "en";
  title.textContent = chinese ? shown.title_zh : shown.title_en;
  text.textContent = chinese ? shown.text_zh : shown.text_en || shown.text_zh;
  picture.hidden = !shown.picture;
  if (shown.picture) picture.src = shown.picture;
  notice.animate([{ opacity: 0 }, { opacity: 1 }], { duration: matchMedia("(prefers-reduced-motion)").matches ? 0 : 500 });
  dispatchEvent(new Event("resize"));
}

picture.addEventListener("error", () => { picture.hidden = true; });
pause.addEventListener("click", () => hold(!paused));
