/** Plays a recording of the song from this machine and tells the engine where it is, so that the face knows. */
import { element } from "./panel";
import type { ClientMessage } from "./protocol";

/** How often a playing song says where it is, in ms. */
const HEARTBEAT_MS = 1_000;

export interface Desk {
  /** Send a message; false where there is no connection. */
  send(message: ClientMessage): boolean;
  /** The engine's clock at our `now_ms`, in ms; null while it is not known. */
  serverClock(now_ms: number): number | null;
  /** Told, as a sentence, why the song cannot be heard. */
  onProblem(sentence: string): void;
}

export class Player {
  private readonly audio = new Audio();
  private readonly toggle = element("play") as HTMLButtonElement;
  private readonly seek = element("seek") as HTMLInputElement;
  private readonly time = element("time");
  private readonly file = element("song-file") as HTMLInputElement;
  private url: string | null = null;
  private allowed = false;

  constructor(private readonly desk: Desk) {
    for (const event of ["playing", "pause", "seeked", "ratechange"]) {
      this.audio.addEventListener(event, () => this.say());
    }
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.addEventListener("error", () => this.fail());
    for (const event of ["loadedmetadata", "timeupdate", "playing", "pause"]) {
      this.audio.addEventListener(event, () => this.show());
    }
    this.file.addEventListener("change", () => this.load());
    this.toggle.addEventListener("click", () => void this.playOrPause());
    this.seek.addEventListener("input", () => {
      this.audio.currentTime = Number(this.seek.value);
    });
    addEventListener("pagehide", () => this.stop());
    setInterval(() => {
      if (!this.audio.paused) this.say();
    }, HEARTBEAT_MS);
    this.show();
  }

  /** Whether the engine takes our word; called with each hello, so that a song that plays is announced again. */
  allow(allowed: boolean): void {
    this.allowed = allowed;
    document.body.classList.toggle("takes-transport", allowed);
    if (!allowed) this.audio.pause();
    else if (!this.audio.paused) this.say();
  }

  /** The engine refused: another is the player, so this one is silent. */
  refused(): void {
    this.allowed = false;
    this.audio.pause();
    this.allowed = true;
  }

  private load(): void {
    const chosen = this.file.files?.[0];
    if (!chosen) return;
    this.stop();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(chosen);
    this.audio.src = this.url;
    element("song-name").textContent = chosen.name;
    this.show();
  }

  private async playOrPause(): Promise<void> {
    if (!this.audio.paused) return this.audio.pause();
    try {
      await this.audio.play();
    } catch (problem) {
      // Pausing before the first sound came ends the promise so; that is no failure.
      if (!(problem instanceof DOMException && problem.name === "AbortError")) this.fail();
    }
  }

  /** Say where the song is and when that was so. */
  private say(): void {
    if (!this.allowed || !this.url || this.audio.ended || this.audio.seeking) return;
    const { paused, currentTime, playbackRate } = this.audio;
    const server_ms = this.desk.serverClock(performance.now());
    this.desk.send({
      type: "transport",
      state: paused ? "paused" : "playing",
      position_s: currentTime,
      rate: playbackRate,
      ...(server_ms === null ? {} : { server_ns: Math.round(server_ms * 1e6) }),
    });
  }

  private stop(): void {
    if (!this.url) return;
    this.audio.pause();
    if (this.allowed) this.desk.send({ type: "transport", state: "stopped" });
    this.show();
  }

  private fail(): void {
    if (this.audio.error || this.url) this.desk.onProblem("This browser cannot play that recording.");
    this.show();
  }

  private show(): void {
    const { currentTime, paused } = this.audio;
    const duration_s = Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
    this.toggle.disabled = this.seek.disabled = duration_s === 0;
    this.toggle.textContent = paused ? "Play" : "Pause";
    this.seek.max = String(duration_s);
    this.seek.value = String(currentTime);
    this.time.textContent = duration_s ? `${clock(currentTime)} / ${clock(duration_s)}` : "";
  }
}

/** Seconds as minutes and seconds. */
function clock(time_s: number): string {
  return `${Math.floor(time_s / 60)}:${String(Math.floor(time_s % 60)).padStart(2, "0")}`;
}
