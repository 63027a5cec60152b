// One incident: the call, the camera, the steps towards help, and the timeline.
import { ask, tell } from "/static/asking.js";
import { Call } from "/static/call.js";
import { fill, listen } from "/static/live.js";
import { once } from "/static/sound.js";

const one = (id) => document.getElementById(id);
const base = `/incidents/${encodeURIComponent(document.body.dataset.incident)}`;
const silent = document.body.dataset.level === "silent";
const lists = Object.fromEntries([...document.querySelectorAll("[data-list]")].map((list) => [list.dataset.list, list]));
const section = document.querySelector("[data-call]");
const call = new Call({ base, video: one("video"), ice: JSON.parse(document.body.dataset.ice), silent, changed: show });
let open = true;
let others = 0;

function show(state) {
  const veil = one("veil");
  if (state === "seen") {
    veil.hidden = true;
    return;
  }
  section.dataset.call = state;
  one("answer").hidden = !open || !["idle", "over"].includes(state);
  one("hang-up").hidden = ["idle", "over"].includes(state);
  one("speak").hidden = !(silent && state === "connected" && !call.speaking);
  if (one("speak").hidden) one("speak-confirm").hidden = true;
  veil.textContent = veil.dataset[state] ?? veil.textContent;
  veil.hidden = state === "connected" && call.measured.firstFrameAt !== null;
  const speaking = one("speaking");
  speaking.hidden = state !== "connected";
  speaking.dataset.state = call.speaking && call.microphone ? "heard" : "listening";
  speaking.textContent = speaking.dataset[speaking.dataset.state];
}

function applied(page) {
  for (const [name, rows] of Object.entries(page.lists)) fill(lists[name], rows);
  one("acknowledge").hidden = Boolean(page.taken) || !page.open;
  one("silence").hidden = page.silenced || !page.open;
  one("arrive").disabled = page.state === "arrived";
  one("others").hidden = page.others === 0;
  one("others-count").textContent = page.others;
  // Somebody else has pressed while this one is being handled: told once, not sounded over the call.
  if (page.others > others) once("assist");
  others = page.others;
  if (open && !page.open) ended();
}

function ended() {
  open = false;
  call.forget("over");
  for (const control of document.querySelectorAll("[data-command]:not([data-command=note]), .pad button, #answer, #hang-up")) {
    for (const button of control.matches("button") ? [control] : control.querySelectorAll("button")) button.disabled = true;
  }
}

function body(form) {
  const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  if (given.eta_minutes !== undefined) given.eta_minutes = Number(given.eta_minutes);
  return given;
}

async function command(element, given) {
  const name = element.dataset.command;
  const buttons = element.matches("button") ? [element] : [...element.querySelectorAll("button")];
  for (const button of buttons) button.setAttribute("aria-busy", "true");
  const answer = await ask(name === "note" ? `${base}/notes` : `${base}/commands/${name}`, given);
  for (const button of buttons) button.removeAttribute("aria-busy");
  if (name === "note" && answer.status === "done") element.reset();
}

for (const button of document.querySelectorAll("button[data-command]")) {
  button.addEventListener("click", () => command(button, JSON.parse(button.dataset.body ?? "{}")));
}
for (const form of document.querySelectorAll("form[data-command]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    command(form, body(form));
  });
}

// The dome stops by itself 2 s after the last move, so a held key repeats it.
for (const button of document.querySelectorAll(".pad button")) {
  const move = { pan: Number(button.dataset.pan), tilt: Number(button.dataset.tilt), zoom: Number(button.dataset.zoom) };
  let held = 0;
  const go = () => ask(`${base}/commands/ptz.move`, move, true);
  const stop = () => {
    if (!held) return;
    clearInterval(held);
    held = 0;
    ask(`${base}/commands/ptz.stop`, {}, true);
  };
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    if (held) return;
    held = setInterval(go, 1000);
    go();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(end, stop);
  // By keyboard: one step a press.
  button.addEventListener("keydown", async (event) => {
    if (!["Enter", " "].includes(event.key) || event.repeat) return;
    await go();
    setTimeout(() => ask(`${base}/commands/ptz.stop`, {}, true), 300);
  });
}

one("answer").addEventListener("click", () => call.start());
one("hang-up").addEventListener("click", () => call.end());
one("speak").addEventListener("click", () => (one("speak-confirm").hidden = false));
one("speak-no").addEventListener("click", () => (one("speak-confirm").hidden = true));
one("speak-yes").addEventListener("click", () => {
  one("speak-confirm").hidden = true;
  call.speak();
});
document.addEventListener("callpost-no-microphone", () => tell(one("reply").dataset.nomic));
addEventListener("pagehide", () => {
  if (call.wanted) fetch(`${base}/commands/call.end`, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: "{}" });
});
show("idle");
listen(`${base}/live`, applied);
call.warm();
// A click before this script has run would be lost: only now do the buttons take any.
document.querySelector(".desk").inert = false;
