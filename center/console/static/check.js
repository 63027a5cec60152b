// Sound and microphone, proved before the shift begins.
import { audible, once, unblock } from "/static/sound.js";

const level = document.getElementById("level");
let stream = null;

function say(id, state) {
  const result = document.getElementById(id);
  result.textContent = result.dataset[state];
  result.dataset.state = state;
  document.dispatchEvent(new Event("callpost-check"));
}

async function chime() {
  await unblock();
  if (audible()) once("chime");
  say("sound-result", audible() ? "good" : "bad");
}

async function listen() {
  try {
    stream ??= await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: false } });
  } catch (problem) {
    sessionStorage.setItem("callpost.microphone", "bad");
    say("microphone-result", problem.name === "NotFoundError" ? "none" : "bad");
    return;
  }
  // Working means that it can be opened; whether it hears is shown by the bar.
  sessionStorage.setItem("callpost.microphone", "good");
  say("microphone-result", "quiet");
  measure();
}

function measure() {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
  const block = new Float32Array(analyser.fftSize);
  const look = () => {
    analyser.getFloatTimeDomainData(block);
    const loudness = Math.sqrt(block.reduce((sum, sample) => sum + sample * sample, 0) / block.length);
    level.value = Math.min(1, loudness * 6);
    if (loudness > 0.01) say("microphone-result", "good");
    requestAnimationFrame(look);
  };
  look();
}

document.getElementById("chime").addEventListener("click", chime);
document.getElementById("listen").addEventListener("click", listen);
addEventListener("pagehide", () => stream?.getTracks().forEach((track) => track.stop()));
chime();
listen();
