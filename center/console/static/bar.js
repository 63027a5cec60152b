// The bar on every page: green while sound and microphone work, red with what to do while they do not.
import { audible, audio, unblock } from "/static/sound.js";

const bar = document.getElementById("bar");
const button = document.getElementById("bar-button");

async function microphone() {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state;
  } catch {
    return sessionStorage.getItem("callpost.microphone") === "good" ? "granted" : "prompt";
  }
}

async function state() {
  if (document.body.dataset.connection === "away") return "away";
  if (!audible()) return "sound";
  const allowed = await microphone();
  if (allowed === "denied") return "microphone";
  const checked = sessionStorage.getItem("callpost.microphone");
  if (checked === "bad") return "microphone";
  return allowed === "granted" && checked === "good" ? "good" : "unchecked";
}

async function show() {
  const now = await state();
  if (bar.dataset.state === now) return;
  bar.dataset.state = now;
  button.textContent = bar.dataset[now];
}

button.addEventListener("click", async () => {
  await unblock();
  await show();
  if (["unchecked", "microphone"].includes(bar.dataset.state) && location.pathname !== "/check") location.assign("/check");
});
// Any click on the page is enough for the browser to allow sound.
document.addEventListener("click", () => unblock().then(show), { capture: true });
audio().addEventListener("statechange", show);
document.addEventListener("callpost-connection", show);
document.addEventListener("callpost-check", show);
setInterval(show, 2000);
show();
