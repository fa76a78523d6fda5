// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/**
 * Turns frames that arrive unevenly into a face for each picture.
 *
 * Screens and frames run on different clocks, so showing the newest frame alone would judder. The picture
 * shows the moment one frame before the newest, moving on evenly between the last two: at most one frame
 * (16.7 ms) is added. Even means even about the mean transit time: 10 ms of jitter leave 1 ms in the face
 * (tests/clients/jitter.py).
 */
import type { Frame } from "./protocol.js";

/** What to show now: two frames and how far between them. */
export interface Moment {
  readonly older: Frame;
  readonly newer: Frame;
  /** 0 shows the older, 1 the newer. */
  readonly share: number;
  /** How much older than the newest frame the shown moment is, in ms. */
  readonly behind_ms: number;
}

/** A jump of the stream's clock this large, in ms, means that it started over. */
const RESTART_MS = 300;
/** How fast the mean transit time is followed, a share per frame: half a second. */
const FOLLOW = 0.03;

export class Playback {
  private older: Frame | null = null;
  private newer: Frame | null = null;
  private transit_ms = 0;
  private settled = 0;
  private missed = 0;
  private received = 0;
  private readonly perSample_ms: number;

  /** @param frame_samples Distance of two frames. */
  constructor(
    sampleRate_hz: number,
    private readonly frame_samples: number,
  ) {
    this.perSample_ms = 1000 / sampleRate_hz;
  }

  /** Frames that never came, from the gaps in their numbers. */
  get missed_frames(): number {
    return this.missed;
  }

  /** Frames that came. */
  get received_frames(): number {
    return this.received;
  }

  get newest(): Frame | null {
    return this.newer;
  }

  /** Take in a frame; one that is older than the newest starts the stream over. */
  push(frame: Frame, arrived_ms: number): void {
    const late_ms = arrived_ms - frame.pts_samples * this.perSample_ms;
    this.received += 1;
    const gap = this.newer ? frame.seq - this.newer.seq : 1;
    const restarted = !this.newer || gap <= 0 || Math.abs(late_ms - this.transit_ms) > RESTART_MS;
    if (gap > 1) this.missed += gap - 1;
    this.older = restarted ? frame : this.newer;
    this.newer = frame;
    this.settled = restarted ? 1 : this.settled + 1;
    this.transit_ms += Math.max(FOLLOW, 1 / this.settled) * (late_ms - this.transit_ms);
  }

  /** What to show at `now_ms`; null before the first frame. */
  at(now_ms: number): Moment | null {
    const { older, newer } = this;
    if (!older || !newer) return null;
    const frame_ms = this.frame_samples * this.perSample_ms;
    const newest_ms = newer.pts_samples * this.perSample_ms;
    const even_ms = now_ms - this.transit_ms - frame_ms;
    const shown_ms = Math.min(Math.max(even_ms, newest_ms - frame_ms), newest_ms);
    const span_ms = newest_ms - older.pts_samples * this.perSample_ms;
    const share = span_ms > 0 ? Math.max(0, 1 - (newest_ms - shown_ms) / span_ms) : 1;
    return { older, newer, share, behind_ms: newest_ms - shown_ms };
  }
}

/** A value of a stream between two frames. */
export function between(older: Float32Array | null, newer: Float32Array | null, share: number, i: number): number {
  const to = newer?.[i] ?? 0;
  const from = older?.[i] ?? to;
  return from + share * (to - from);
}
