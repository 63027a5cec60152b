// The recording's own page: ask for it, see it come, play it.
import { ask } from "/static/asking.js";
import { listen } from "/static/live.js";

const one = (id) => document.getElementById(id);
const base = `/incidents/${encodeURIComponent(document.body.dataset.incident)}`;

function applied(clip) {
  one("clip-state").dataset.state = clip.state;
  one("clip-state").hidden = clip.state === "stored";
  for (const name of ["none", "ready", "waiting"]) one(`clip-${name}`).hidden = clip.state !== name;
  one("clip-progress").value = clip.progress;
  one("request").disabled = clip.state === "none";
  const player = one("clip");
  player.hidden = !clip.url;
  if (clip.url && player.getAttribute("src") !== clip.url) player.src = clip.url;
}

one("request").addEventListener("click", () => ask(`${base}/clip`));
listen(`${base}/clip/live`, applied);
// A click before this script has run would be lost: only now does the button take any.
one("recording").inert = false;
