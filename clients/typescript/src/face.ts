// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/** Receives a face over a WebSocket that comes back by itself. For browsers and for Node. */
import type { ServerClock } from "./clock.js";
import { Connection } from "./connection.js";
import { between, type Moment, Playback } from "./playback.js";
import type { ClientMessage, Frame, Hello, ServerMessage, Status, Stream } from "./protocol.js";

export interface FaceOptions {
  readonly streams?: Stream[];
  readonly rate_hz?: 60 | 30 | 15;
  /** The engine's token, where it has one. */
  readonly token?: string;
  /** What to connect with: `ws` in a Node that has no WebSocket of its own (before 22). */
  readonly webSocket?: typeof WebSocket;
  /** Called with each frame as it comes. */
  readonly onFrame?: (frame: Frame) => void;
  /** Called when the connection is there (an empty string), and when it is not: why. */
  readonly onState?: (problem: string) => void;
}

export class Face {
  /** Names and order; null before the first connection. */
  hello: Hello | null = null;
  status: Status | null = null;
  private playback: Playback | null = null;
  private readonly connection: Connection;

  /** @param url Such as `ws://127.0.0.1:8760/ws`. */
  constructor(
    url: string,
    private readonly options: FaceOptions = {},
  ) {
    const { streams = ["arkit"], rate_hz = 60, token, webSocket } = options;
    const address = new URL(url);
    if (token) address.searchParams.set("token", token);
    this.connection = new Connection(address.href, {
      streams,
      rate_hz,
      ...(webSocket && { webSocket }),
      onMessage: (message, arrived_ms) => this.take(message, arrived_ms),
      onState: (state, sentence) => {
        if (state !== "connecting") options.onState?.(state === "connected" ? "" : sentence);
      },
    });
  }

  /** The engine's clock. */
  get clock(): ServerClock {
    return this.connection.clock;
  }

  /** The two frames around the moment to show now, and how far between them; null before the first. */
  moment(now_ms = performance.now()): Moment | null {
    return this.playback?.at(now_ms) ?? null;
  }

  /** ARKit weights of this moment by name, such as `jawOpen`; 0 before the first frame. */
  weight(name: string, now_ms = performance.now()): number {
    const moment = this.moment(now_ms);
    const place = this.hello?.arkit.indexOf(name) ?? -1;
    if (!moment || place < 0) return 0;
    return between(moment.older.arkit, moment.newer.arkit, moment.share, place);
  }

  /** From capture to now of the newest frame, in ms; null where it is not known. */
  latency_ms(now_ms = performance.now()): number | null {
    const captured_ns = this.playback?.newest?.captured_ns ?? 0;
    const server_ms = this.clock.at(now_ms);
    return captured_ns === 0 || server_ms === null ? null : server_ms - captured_ns / 1e6;
  }

  /** Send a message, such as `transport`; false where there is no connection. */
  send(message: ClientMessage): boolean {
    return this.connection.send(message);
  }

  /** End the connection for good. */
  close(): void {
    this.connection.close();
  }

  private take(message: ServerMessage, arrived_ms: number): void {
    if (message.type === "hello") {
      this.hello = message;
      this.playback = new Playback(message.sampleRate_hz, message.frame_samples);
    } else if (message.type === "frame") {
      this.playback?.push(message, arrived_ms);
      this.options.onFrame?.(message);
    } else if (message.type === "status") this.status = message;
  }
}
