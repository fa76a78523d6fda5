// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/** How many answers the estimate looks back over. */
const ANSWERS = 12;

/** The server's monotonic clock, from pings: the answer with the shortest round trip is the most exact. */
export class ServerClock {
  private answers: { roundTrip_ms: number; offset_ms: number }[] = [];

  reset(): void {
    this.answers = [];
  }

  /** Take in an answer: our clock then, the server's in between, our clock now. */
  answer(client_ns: number, server_ns: number, now_ms: number): void {
    const sent_ms = client_ns / 1e6;
    this.answers.push({
      roundTrip_ms: now_ms - sent_ms,
      offset_ms: server_ns / 1e6 - (sent_ms + now_ms) / 2,
    });
    if (this.answers.length > ANSWERS) this.answers.shift();
  }

  /** The server's clock at our `now_ms`, in ms; null before the first answer. */
  at(now_ms: number): number | null {
    const best = this.best();
    return best && now_ms + best.offset_ms;
  }

  /** Shortest round trip of late in ms; half of it bounds the clock's error. Null before the first answer. */
  get roundTrip_ms(): number | null {
    return this.best()?.roundTrip_ms ?? null;
  }

  private best(): { roundTrip_ms: number; offset_ms: number } | null {
    if (this.answers.length === 0) return null;
    return this.answers.reduce((a, b) => (b.roundTrip_ms < a.roundTrip_ms ? b : a));
  }
}
