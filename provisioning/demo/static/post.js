// The demo page: shows what the post shows, and does to it what a person would.
const post = document.body.dataset.post;
const texts = JSON.parse(document.getElementById("texts").textContent);
const byId = (id) => document.getElementById(id);
const both = (group, key) => (texts[group][key] ?? [key, key]);
const least = 160; // a press must outlast the debounce, however quick the mouse

// --- acting ---------------------------------------------------------------------------------------------------

async function act(part, action, body = {}) {
  try {
    const answer = await fetch(`/sim/${post}/${part}/${action}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.ok) return refuse(null);
    refuse((await answer.json()).detail);
  } catch {
    refuse(both("says", "The page has lost the demo").join(" / "));
  }
  return false;
}

function refuse(sentence) {
  const line = byId("refused");
  line.hidden = sentence === null;
  line.textContent = sentence === null ? "" : `${both("says", "cannot be done")[0]} / ${both("says", "cannot be done")[1]}: ${sentence}`;
  return sentence === null;
}

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

class Key {
  constructor(element) {
    this.element = element;
    this.part = element.dataset.key;
    this.turns = element.classList.contains("turn");
    this.queue = Promise.resolve();
    this.held = false;
    element.addEventListener("pointerdown", (event) => this.pointerDown(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(end, () => this.up());
    element.addEventListener("keydown", (event) => this.keyDown(event));
    element.addEventListener("keyup", (event) => { if (this.means(event)) this.up(); });
    element.addEventListener("blur", () => this.up());
  }
  means(event) { return event.key === "Enter" || event.key === " "; }
  pointerDown(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.down();
  }
  keyDown(event) {
    if (!this.means(event)) return;
    event.preventDefault();
    if (!event.repeat) this.down();
  }
  down() {
    if (this.held) return;
    this.held = true;
    this.element.classList.add("down");
    byId("hint").hidden = true;
    // In a queue, so that the release never overtakes the press.
    this.queue = this.queue.then(() => act(this.part, this.turns ? "turn" : "press", this.turns ? {} : { hold: true })).then(() => wait(least));
  }
  up() {
    if (!this.held) return;
    this.held = false;
    this.element.classList.remove("down");
    if (!this.turns) this.queue = this.queue.then(() => act(this.part, "release"));
  }
}

for (const element of document.querySelectorAll(".key")) new Key(element);

for (const row of document.querySelectorAll(".row")) {
  for (const button of row.querySelectorAll("button")) {
    button.addEventListener("click", () => act(row.dataset.part, button.dataset.action, JSON.parse(button.dataset.body)));
  }
}

// --- the counter of the rating window -------------------------------------------------------------------------

const counter = byId("counter");
let opened = null;

async function toCounter(method, path, body) {
  try {
    const answer = await fetch(`/counter/${post}/services${path}`, {
      method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
    });
    return answer.ok ? null : (await answer.json()).detail;
  } catch {
    return both("says", "The page has lost the demo").join(" / ");
  }
}

function counterSays(service, what, problem) {
  byId("counter-says").textContent = problem ? `${service}: ${both("says", "cannot be done").join(" / ")}: ${problem}` : `${service}: ${both("says", what).join(" / ")}`;
  byId("cancel-service").disabled = opened === null;
}

function nextNumber(text) {
  return text.replace(/\d+$/, (digits) => String(Number(digits) + 1).padStart(digits.length, "0"));
}

async function openService(event) {
  event.preventDefault();
  const number = byId("number");
  const service = number.value;
  const problem = await toCounter("POST", "", { service, clerk: byId("clerk").value });
  if (problem === null) {
    opened = service;
    number.value = nextNumber(service);
  }
  counterSays(service, "The service is open", problem);
}

async function cancelService() {
  const service = opened;
  const problem = await toCounter("DELETE", `/${encodeURIComponent(service)}`);
  opened = null;
  counterSays(service, "The service is cancelled", problem);
}

if (counter) {
  byId("service").addEventListener("submit", openService);
  byId("cancel-service").addEventListener("click", cancelService);
  for (const key of counter.querySelectorAll("[data-level]")) {
    key.addEventListener("click", () => act("keypad", "press", { key: Number(key.dataset.level) }));
  }
}

// --- showing --------------------------------------------------------------------------------------------------

const scene = byId("scene");
const set = (name, value) => { if (scene.dataset[name] !== value) scene.dataset[name] = value; };

function showParts(parts) {
  set("light", parts.light?.on ? "on" : "off");
  if (parts.light?.on) byId("hint").hidden = true;
  set("siren", parts.siren?.on ? "on" : "off");
  set("ducked", parts.siren?.ducked ? "yes" : "no");
  for (const lamp of scene.querySelectorAll(".lamp")) showLamp(lamp, parts[lamp.dataset.lamp]);
  for (const part of scene.querySelectorAll("[data-part]")) {
    part.classList.toggle("silent-part", parts[part.dataset.part]?.answering === false);
  }
  showCamera(parts.camera ?? {});
  showVoice(parts.speaker ?? {});
  for (const row of document.querySelectorAll(".row")) {
    row.classList.toggle("away", parts[row.dataset.part === "lamp" ? "lamp_called" : row.dataset.part]?.answering === false);
  }
  sound.siren(parts.siren?.on === true && parts.siren?.answering !== false, parts.siren?.ducked === true);
}

function showLamp(lamp, part) {
  const pattern = part?.pattern ?? "off";
  if (lamp.dataset.pattern !== pattern) lamp.dataset.pattern = pattern;
  lamp.classList.toggle("silent-part", part?.answering === false);
}

function showCamera(camera) {
  const number = (value, digits, unit) => (typeof value === "number" ? value.toFixed(digits) + unit : "–");
  byId("pan").textContent = number(camera.pan, 0, "°");
  byId("tilt").textContent = number(camera.tilt, 0, "°");
  byId("zoom").textContent = number(camera.zoom, 1, "×");
  set("camera", camera.answering === false || camera.fault ? "bad" : "good");
  const pan = typeof camera.pan === "number" ? camera.pan : 0;
  const tilt = typeof camera.tilt === "number" ? camera.tilt : 0;
  byId("lens").setAttribute("transform", `translate(${16 * Math.sin((pan * Math.PI) / 180)} ${Math.max(-8, Math.min(8, -tilt / 5))})`);
}

function showVoice(speaker) {
  const saying = typeof speaker.saying === "string" ? speaker.saying : "";
  const speaks = saying !== "";
  set("voice", speaks ? "on" : "off");
  byId("bubble").hidden = !speaks;
  if (byId("bubble").textContent !== saying) byId("bubble").textContent = saying;
  byId("saying").textContent = speaks ? saying : both("says", "The post is silent").join(" / ");
  byId("saying").classList.toggle("quiet", !speaks);
  byId("level").value = typeof speaker.level_db === "number" ? Math.max(-60, speaker.level_db) : -60;
}

function showFaults(faults) {
  for (const row of document.querySelectorAll(".row")) {
    const done = faults[row.dataset.part];
    for (const button of row.querySelectorAll("button:not(.mend)")) {
      button.setAttribute("aria-pressed", String(button.dataset.action === done));
    }
    row.querySelector(".mend").disabled = done === undefined;
  }
}

const good = new Set(["incident.received", "incident.acknowledged", "incident.call_started", "incident.team_dispatched", "incident.team_arrived", "incident.closed", "device.fault_cleared"]);
const alarming = new Set(["incident.raised", "incident.pressed_again", "incident.level_raised", "incident.escalated", "device.tampered", "device.fault_raised"]);

function showEvents(events) {
  const list = byId("events");
  if (events.length === 0) return;
  list.replaceChildren(...events.toReversed().map(line));
}

function line(event) {
  const item = document.createElement("li");
  const [zh, en] = both("kinds", event.kind);
  item.dataset.kind = event.kind;
  item.dataset.id = event.id;
  item.className = `${alarming.has(event.kind) ? "alarm" : good.has(event.kind) ? "good" : ""} ${event.at_centre ? "stored" : "waiting"}`;
  const what = element("span", "what", element("b", "", zh), element("small", "", en));
  const detail = details(event);
  if (detail) what.append(element("span", "detail", detail));
  const [whereZh, whereEn] = both("says", event.at_centre ? "At the centre" : "Waiting at the post");
  const where = element("span", "where", `${event.at_centre ? "✓" : "⏳"} ${whereZh}`);
  where.title = whereEn;
  item.append(element("span", "time", time(event)), what, where);
  return item;
}

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (name === "small") made.lang = "en";
  made.append(...content);
  return made;
}

function time(event) {
  if (event.after !== null && event.after >= 0) return `+${event.after.toFixed(event.after < 100 ? 2 : 0)} s`;
  return new Date(event.wall).toLocaleTimeString("zh-CN", { hour12: false });
}

function details(event) {
  const data = event.data;
  const term = (value) => both("terms", value).join(" ");
  const parts = [];
  if (data.mode) parts.push([data.level, data.mode].filter(Boolean).map(term).join(" · "));
  if (data.presses) parts.push(`×${data.presses}`);
  if (data.step) parts.push(term(data.step));
  if (data.disposition) parts.push(term(data.disposition));
  for (const key of ["operator", "by", "team", "note", "program", "command", "path", "service", "cause"]) if (data[key]) parts.push(String(data[key]));
  if (data.eta_minutes) parts.push(`${data.eta_minutes} min`);
  if (data.part) parts.push(both("parts", data.part).join(" "));
  if (data.reason) parts.push(String(data.reason));
  return parts.join(" · ");
}

// --- pictures and sound ---------------------------------------------------------------------------------------

const view = byId("view");

async function look() {
  for (;;) {
    await wait(document.hidden ? 2000 : 200);
    if (document.hidden) continue;
    try {
      const answer = await fetch(`/posts/${post}/view.jpg`);
      if (!answer.ok) throw new Error("no picture");
      const old = view.src;
      view.src = URL.createObjectURL(await answer.blob());
      await view.decode();
      if (old.startsWith("blob:")) URL.revokeObjectURL(old);
      byId("no-picture").hidden = true;
    } catch {
      byId("no-picture").hidden = false;
      await wait(1000);
    }
  }
}

// The siren is made here; the voice is what the post's loudspeaker plays: 16 bit, mono, 48 kHz.
class Sound {
  constructor(button) {
    this.button = button;
    this.context = null;
    this.wanted = { on: false, ducked: false };
    button.addEventListener("click", () => (this.context ? this.off() : this.on()));
  }
  get label() { return both("says", this.context ? "Turn sound off" : "Turn sound on"); }
  on() {
    this.context = new AudioContext({ sampleRate: 48000 });
    this.gain = this.context.createGain();
    this.gain.gain.value = 0;
    const tone = this.context.createOscillator();
    const sweep = this.context.createOscillator();
    const depth = this.context.createGain();
    tone.type = "triangle";
    tone.frequency.value = 950;
    sweep.frequency.value = 0.7;
    depth.gain.value = 330;
    sweep.connect(depth).connect(tone.frequency);
    tone.connect(this.gain).connect(this.context.destination);
    tone.start();
    sweep.start();
    this.stop = new AbortController();
    this.listen(this.context, this.stop.signal);
    this.follow();
    this.show();
  }
  off() {
    this.stop.abort();
    this.context.close();
    this.context = null;
    this.show();
  }
  show() {
    this.button.setAttribute("aria-pressed", String(this.context !== null));
    const [zh, en] = this.label;
    this.button.querySelector("span").replaceChildren(`${zh} `, element("small", "", en));
  }
  siren(on, ducked) {
    this.wanted = { on, ducked };
    if (this.context) this.follow();
  }
  follow() {
    const level = this.wanted.on ? (this.wanted.ducked ? 0.01 : 0.09) : 0;
    this.gain.gain.setTargetAtTime(level, this.context.currentTime, 0.03);
  }
  async listen(context, signal) {
    while (!signal.aborted) {
      try {
        const answer = await fetch(`/posts/${post}/sound`, { signal });
        if (answer.ok) await this.play(context, answer.body.getReader());
      } catch { /* media is away; the siren needs none of it */ }
      if (!signal.aborted) await wait(1500);
    }
  }
  async play(context, reader) {
    let left = new Uint8Array(0);
    let at = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const bytes = new Uint8Array(left.length + value.length);
      bytes.set(left);
      bytes.set(value, left.length);
      const samples = Math.floor(bytes.length / 2);
      left = bytes.slice(samples * 2);
      if (samples === 0) continue;
      at = this.schedule(context, new Int16Array(bytes.buffer, 0, samples), at);
    }
  }
  schedule(context, pcm, at) {
    const now = context.currentTime;
    if (at > now + 1) return at; // too far behind the post: leave this block out
    const begin = at < now + 0.02 ? now + 0.12 : at;
    const buffer = context.createBuffer(1, pcm.length, 48000);
    buffer.getChannelData(0).set(Float32Array.from(pcm, (sample) => sample / 32768));
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(begin);
    return begin + buffer.duration;
  }
}

const sound = new Sound(byId("sound"));

// --- the post pushes ------------------------------------------------------------------------------------------

const changes = new EventSource(`/posts/${post}/changes`);
changes.addEventListener("open", () => { byId("lost").hidden = true; });
changes.addEventListener("error", () => { byId("lost").hidden = false; });
changes.addEventListener("message", ({ data }) => {
  const state = JSON.parse(data);
  if (state.parts) showParts(state.parts);
  if (state.faults) showFaults(state.faults);
  if (state.events) showEvents(state.events);
});
look();
