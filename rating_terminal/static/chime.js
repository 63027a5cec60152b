// Two soft notes when somebody is asked, three when the answer is kept: the same for every key.
const notes = { asked: [659.25, 880], thanked: [523.25, 659.25, 783.99] }; // Hz
const volume = 0.18; // share of full scale
let sound = null;

export function chime(state) {
  if (!notes[state]) return;
  sound ??= new AudioContext();
  notes[state].forEach((hertz, place) => note(hertz, sound.currentTime + place * 0.18));
}

function note(hertz, from) {
  const tone = new OscillatorNode(sound, { frequency: hertz });
  const gain = new GainNode(sound, { gain: 0 });
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(volume, from + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, from + 0.5);
  tone.connect(gain).connect(sound.destination);
  tone.start(from);
  tone.stop(from + 0.55);
}
