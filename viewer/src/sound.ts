/** Plays the engine's song in step with its frames. */

/** Drift below this is left alone, in s: nobody hears it as late. */
const TOLERATED_S = 0.03;
/** Drift above this is not caught up with but jumped over (a loop, a seek), in s. */
const JUMP_S = 0.35;
/** The song is sped up or slowed down by at most this share to catch up; the browser keeps the pitch. */
const MOST_CORRECTION = 0.04;
/** Share of the drift that is caught up with per second. */
const CATCH_UP_PER_S = 0.6;
/** Frames that stop for this long, in ms, pause the song. */
const PAUSE_MS = 200;

export class Sound {
  /** How far the song is ahead of the face, in ms; null while it does not play. */
  drift_ms: number | null = null;
  private readonly player = new Audio();
  private url: string | null = null;
  private moved_ms = 0;
  private last_s = -1;
  private smooth_s = 0;
  private wanted = false;

  /** @param onProblem Told, as a sentence, why the song cannot be heard. */
  constructor(private readonly onProblem: (sentence: string) => void) {
    this.player.preservesPitch = true;
  }

  get listening(): boolean {
    return this.wanted;
  }

  /** Start to listen; must come from a click, or the browser keeps silent. */
  async listen(url: string): Promise<void> {
    this.wanted = true;
    try {
      if (this.url !== url) {
        // Fetched whole: a browser can only jump within a song that it holds.
        const reply = await fetch(url);
        if (!reply.ok) throw new Error(`the engine answered ${reply.status}`);
        this.player.src = URL.createObjectURL(await reply.blob());
        this.url = url;
      }
    } catch (problem) {
      return this.giveUp(problem);
    }
    await this.play();
  }

  stop(): void {
    this.wanted = false;
    this.drift_ms = null;
    this.player.pause();
  }

  private async play(): Promise<void> {
    try {
      await this.player.play();
    } catch (problem) {
      // Pausing before the first sound came ends the promise so; that is no failure.
      if (!(problem instanceof DOMException && problem.name === "AbortError")) this.giveUp(problem);
    }
  }

  private giveUp(problem: unknown): void {
    this.stop();
    this.onProblem(`The song cannot be played: ${problem instanceof Error ? problem.message : String(problem)}`);
  }

  /** Forget the song, for example because the engine started over with another. */
  forget(): void {
    this.stop();
    if (this.url) URL.revokeObjectURL(this.player.src);
    this.url = null;
  }

  /** Follow the face, which now shows `song_s`; negative where no song plays. */
  follow(song_s: number, now_ms: number): void {
    if (!this.wanted || !this.url) return;
    if (Math.abs(song_s - this.last_s) > 1e-4) this.moved_ms = now_ms;
    this.last_s = song_s;
    if (song_s < 0 || now_ms - this.moved_ms > PAUSE_MS) {
      this.player.pause();
      this.drift_ms = null;
      return;
    }
    if (this.player.paused && !this.player.ended) void this.play();
    if (this.player.ended && song_s < this.player.duration - JUMP_S) this.jump(song_s);
    const drift_s = this.player.currentTime - song_s;
    if (Math.abs(drift_s) > JUMP_S) this.jump(song_s);
    else this.steer(drift_s);
  }

  private jump(song_s: number): void {
    this.player.currentTime = song_s;
    this.player.playbackRate = 1;
    this.smooth_s = 0;
    this.drift_ms = 0;
    if (this.player.paused) void this.play();
  }

  private steer(drift_s: number): void {
    this.smooth_s += 0.1 * (drift_s - this.smooth_s);
    this.drift_ms = 1000 * this.smooth_s;
    const correction = Math.abs(this.smooth_s) > TOLERATED_S ? CATCH_UP_PER_S * this.smooth_s : 0;
    const rate = 1 - Math.max(-MOST_CORRECTION, Math.min(MOST_CORRECTION, correction));
    if (Math.abs(rate - this.player.playbackRate) > 1e-3) this.player.playbackRate = rate;
  }
}
