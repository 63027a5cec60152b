// The call: answer the post's own offer if there is a fresh one, else make an offer.
import { ask, tell, well } from "/static/asking.js";

const answerPatience = 3000; // the post's own offer must connect within this, else we offer ourselves
const gatherPatience = 150;
const lostPatience = 2000;
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** One operator's call in one incident. `changed` is told the state: idle, connecting, connected, lost or over. */
export class Call {
  constructor({ base, video, ice, silent, changed }) {
    Object.assign(this, { base, video, ice, silent, changed });
    this.peer = null;
    this.microphone = null;
    this.wanted = false;
    this.speaking = !silent;
    this.round = 0;
    this.measured = { frames: 0, clickedAt: null, connectedAt: null, firstFrameAt: null, way: null };
    window.callpost = this.measured;
    this.#count();
  }

  /** Open the microphone early if the operator has already allowed it; its track stays off until the call. */
  async warm() {
    if (this.silent) return;
    try {
      const permission = await navigator.permissions.query({ name: "microphone" });
      if (permission.state === "granted") await this.#open();
    } catch (problem) {
      console.info("the microphone is opened with the call", problem);
    }
  }

  /** The operator answers: called inside the click. */
  async start() {
    this.measured.clickedAt = performance.now();
    this.video.dataset.clicked = String(this.measured.clickedAt);
    Object.assign(this.measured, { connectedAt: null, firstFrameAt: null });
    this.wanted = true;
    this.video.muted = false;
    this.changed("connecting");
    const offer = await ask(`${this.base}/call/take`, {}, true);
    if (offer.sdp && (await this.#answer(offer))) return;
    await this.#offer();
  }

  /** In a silent incident: be heard, after the operator has confirmed it. */
  async speak() {
    this.speaking = true;
    await this.#offer();
  }

  /** Hang up; the incident goes on. */
  async end() {
    this.forget("idle");
    await ask(`${this.base}/commands/call.end`);
  }

  /** Close the call here without telling anybody, as when the incident was closed. */
  forget(state) {
    this.wanted = false;
    this.round += 1;
    this.speaking = !this.silent;
    this.peer?.close();
    this.peer = null;
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.microphone = null;
    this.video.srcObject = null;
    this.changed(state);
  }

  async #answer(offer) {
    const peer = await this.#renew();
    const round = this.round;
    try {
      await peer.setRemoteDescription({ type: "offer", sdp: offer.sdp });
      const track = await this.#track();
      for (const transceiver of peer.getTransceivers()) {
        const audio = transceiver.receiver.track.kind === "audio";
        transceiver.direction = audio && track ? "sendrecv" : "recvonly";
        if (audio && track) await transceiver.sender.replaceTrack(track);
      }
      await peer.setLocalDescription();
      await gathered(peer);
      const sent = ask(`${this.base}/call/answer`, { offer: offer.offer, sdp: peer.localDescription.sdp, speak: this.speaking }, true);
      const connected = connection(peer, answerPatience);
      // A refusal ends the wait at once; an answer that is accepted still has to connect.
      const first = await Promise.race([connected, sent.then((reply) => (well(reply) ? connected : false))]);
      this.measured.way = first ? "answer" : null;
      if (first) tell("");
      return first || round !== this.round;
    } catch (problem) {
      console.warn("the post's own offer could not be answered", problem);
      return round !== this.round;
    }
  }

  async #offer() {
    const peer = await this.#renew();
    const round = this.round;
    const track = await this.#track();
    const audio = peer.addTransceiver("audio", { direction: track ? "sendrecv" : "recvonly" });
    if (track) await audio.sender.replaceTrack(track);
    peer.addTransceiver("video", { direction: "recvonly" });
    await peer.setLocalDescription();
    await gathered(peer);
    const reply = await ask(`${this.base}/call/offer`, { sdp: peer.localDescription.sdp, speak: this.speaking }, true);
    if (round !== this.round) return;
    if (!well(reply) || !reply.body?.sdp) {
      // Somebody waits at the gate: keep trying until the operator gives up or the incident is closed.
      this.changed("lost");
      this.#again(round, lostPatience);
      return;
    }
    tell("");
    this.measured.way = "offer";
    await peer.setRemoteDescription({ type: "answer", sdp: reply.body.sdp });
    if (!(await connection(peer, 3 * answerPatience)) && round === this.round) this.#again(round, 0);
  }

  async #renew() {
    this.peer?.close();
    this.round += 1;
    const round = this.round;
    const peer = new RTCPeerConnection({ iceServers: this.ice, bundlePolicy: "max-bundle" });
    this.peer = peer;
    const media = new MediaStream();
    peer.addEventListener("track", (event) => {
      media.addTrack(event.track);
      if (event.receiver.jitterBufferTarget !== undefined) event.receiver.jitterBufferTarget = 0;
      if (this.video.srcObject !== media) this.video.srcObject = media;
      this.video.play().catch((problem) => console.info("the picture waits for a click", problem));
    });
    peer.addEventListener("connectionstatechange", () => this.#watch(peer, round));
    return peer;
  }

  #watch(peer, round) {
    if (round !== this.round) return;
    this.video.dataset.connection = peer.connectionState;
    if (peer.connectionState === "connected") {
      this.measured.connectedAt ??= performance.now();
      this.video.dataset.connected = String(this.measured.connectedAt);
      this.changed("connected");
    } else if (["failed", "disconnected"].includes(peer.connectionState)) {
      this.changed("lost");
      this.#again(round, lostPatience);
    }
  }

  async #again(round, after) {
    await wait(after);
    const back = this.peer?.connectionState === "connected";
    if (this.wanted && round === this.round && !back) await this.#offer();
  }

  async #open() {
    this.microphone ??= await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: false, autoGainControl: true },
    });
    const [track] = this.microphone.getAudioTracks();
    track.enabled = this.wanted;
    return track;
  }

  async #track() {
    if (!this.speaking) return null;
    try {
      const track = await this.#open();
      track.enabled = true;
      return track;
    } catch (problem) {
      console.warn("no microphone", problem);
      document.dispatchEvent(new Event("callpost-no-microphone"));
      return null;
    }
  }

  #count() {
    if (!this.video.requestVideoFrameCallback) return;
    const shown = () => {
      this.measured.frames += 1;
      this.video.dataset.frames = String(this.measured.frames);
      if (this.measured.clickedAt !== null && this.measured.firstFrameAt === null) {
        this.measured.firstFrameAt = performance.now();
        this.video.dataset.firstFrameMilliseconds = String(Math.round(this.measured.firstFrameAt - this.measured.clickedAt));
        this.changed("seen");
      }
      this.video.requestVideoFrameCallback(shown);
    };
    this.video.requestVideoFrameCallback(shown);
  }
}

/** Wait for the candidates, but not long: on a local network they are there at once. */
function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  const complete = new Promise((done) =>
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done()),
  );
  return Promise.race([complete, wait(gatherPatience)]);
}

/** Whether a connection stands within so many milliseconds. */
function connection(peer, patience) {
  if (peer.connectionState === "connected") return Promise.resolve(true);
  const stands = new Promise((done) =>
    peer.addEventListener("connectionstatechange", () => {
      if (peer.connectionState === "connected") done(true);
      if (["failed", "closed"].includes(peer.connectionState)) done(false);
    }),
  );
  return Promise.race([stands, wait(patience).then(() => false)]);
}
