/** Plays a recording of the song from this machine and tells the engine where it is, so that the face knows. */
import { element } from "./panel";
import type { ClientMessage } from "./protocol";

/** How often a playing song says where it is, in ms. */
const HEARTBEAT_MS = 1_000;

/** A recording that the engine serves. */
export interface Offer {
  readonly name: string;
  readonly url: string;
}

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
  private offer: Offer | null = null;
  private allowed = false;

  constructor(private readonly desk: Desk) {
    for (const event of ["playing", "pause", "seeked", "ratechange"]) {
      this.audio.addEventListener(event, () => this.say());
    }
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.addEventListener("error", () => this.fail(this.audio.error?.message || "no audio that this browser knows"));
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

  /**
   * Called with each hello, so that a song that plays is announced again.
   * @param allowed Whether the engine takes our word.
   * @param offer The song as the engine serves it, used until a file is chosen here.
   */
  allow(allowed: boolean, offer: Offer | null): void {
    this.allowed = allowed;
    this.offer = allowed ? offer : null;
    if (!this.url && this.offer) element("song-name").textContent = this.offer.name;
    this.show();
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
    this.take(chosen, chosen.name);
  }

  private take(recording: Blob, name: string): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(recording);
    this.audio.src = this.url;
    element("song-name").textContent = name;
    this.show();
  }

  /** Fetched whole: a browser can only jump within a song that it holds. */
  private async fetch(offer: Offer): Promise<void> {
    const reply = await fetch(offer.url);
    if (!reply.ok) throw new Error(`the engine answered ${reply.status}`);
    this.take(await reply.blob(), offer.name);
  }

  private async playOrPause(): Promise<void> {
    if (!this.audio.paused) return this.audio.pause();
    try {
      if (!this.url && this.offer) await this.fetch(this.offer);
      await this.audio.play();
    } catch (problem) {
      // Pausing before the first sound came ends the promise so; that is no failure.
      if (!(problem instanceof DOMException && problem.name === "AbortError")) this.fail(problem);
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

  private fail(problem: unknown): void {
    const reason = problem instanceof Error ? problem.message : String(problem);
    this.desk.onProblem(`The song cannot be played: ${reason}`);
    this.show();
  }

  private show(): void {
    const { currentTime, paused } = this.audio;
    const duration_s = Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
    this.seek.disabled = duration_s === 0;
    this.toggle.disabled = duration_s === 0 && !(this.offer && !this.url);
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
