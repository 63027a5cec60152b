// Alarm sounds made by WebAudio. The classes must not be mistaken for each other, and a drill never for an alarm.

const patterns = {
  // notes: [hertz, start in seconds, length in seconds]; every: seconds until it starts again
  panic: { every: 1.2, shape: "square", loud: 0.25, notes: [[960, 0, 0.28], [720, 0.3, 0.28], [960, 0.6, 0.28], [720, 0.9, 0.28]] },
  silent: { every: 1.6, shape: "triangle", loud: 0.5, notes: [[440, 0, 0.1], [440, 0.15, 0.1], [440, 0.3, 0.1], [660, 0.5, 0.3]] },
  assist: { every: 3, shape: "sine", loud: 0.4, notes: [[660, 0, 0.35], [880, 0.35, 0.5]] },
  drill: { every: 4, shape: "sine", loud: 0.25, notes: [[330, 0, 0.6]] },
  test: { every: 6, shape: "sine", loud: 0.2, notes: [[520, 0, 0.08], [520, 0.16, 0.08]] },
  chime: { every: 0, shape: "sine", loud: 0.4, notes: [[523, 0, 0.3], [659, 0.25, 0.3], [784, 0.5, 0.6]] },
};

let context = null;
let playing = "";
let timer = 0;

/** Return the audio context; browsers keep it suspended until somebody clicks on the page. */
export function audio() {
  context ??= new AudioContext();
  return context;
}

/** Whether sound can be heard now. */
export function audible() {
  return audio().state === "running";
}

/** Switch sound on; works only inside a click. */
export async function unblock() {
  await audio().resume();
}

/** Play a pattern once. */
export function once(name) {
  const pattern = patterns[name] ?? patterns.panic;
  const now = audio().currentTime + 0.02;
  for (const [hertz, start, length] of pattern.notes) note(pattern, hertz, now + start, length);
}

function note(pattern, hertz, start, length) {
  const oscillator = new OscillatorNode(audio(), { type: pattern.shape, frequency: hertz });
  const gain = new GainNode(audio(), { gain: 0 });
  gain.gain.setTargetAtTime(pattern.loud, start, 0.01);
  gain.gain.setTargetAtTime(0, start + length, 0.03);
  oscillator.connect(gain).connect(audio().destination);
  oscillator.start(start);
  oscillator.stop(start + length + 0.3);
}

/** Sound like this until told otherwise; an empty name is silence. */
export function loop(name) {
  document.body.dataset.sound = name;
  if (name === playing) return;
  playing = name;
  clearInterval(timer);
  if (!name) return;
  once(name);
  timer = setInterval(() => once(name), (patterns[name] ?? patterns.panic).every * 1000);
}
