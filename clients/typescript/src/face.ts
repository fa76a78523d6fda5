// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/** Receives a face over a WebSocket that comes back by itself. For browsers and for Node. */
import { ServerClock } from "./clock.js";
import { between, type Moment, Playback } from "./playback.js";
import {
  type ClientMessage,
  decodeMessage,
  encodeMessage,
  type Frame,
  type Hello,
  PROTOCOL_VERSION,
  type ServerMessage,
  type Status,
  type Stream,
  SUBPROTOCOL,
  WireError,
} from "./protocol.js";

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
const PING_MS = 1_000;
const SILENCE_MS = 8_000;
/** Frames under way before the engine skips ahead to the newest; covers 200 ms of round trip at 60 fps. */
const WINDOW = 12;

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
  readonly clock = new ServerClock();
  /** Names and order; null before the first connection. */
  hello: Hello | null = null;
  status: Status | null = null;
  private playback: Playback | null = null;
  private socket: WebSocket | null = null;
  private retry_ms = FIRST_RETRY_MS;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly pulse: ReturnType<typeof setInterval>;
  private heard_ms = 0;
  private ended = false;

  /** @param url Such as `ws://127.0.0.1:8760/ws`. */
  constructor(
    private readonly url: string,
    private readonly options: FaceOptions = {},
  ) {
    this.pulse = setInterval(() => this.tick(), PING_MS);
    this.open();
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
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(encodeMessage(message));
    return true;
  }

  /** End the connection for good. */
  close(): void {
    this.ended = true;
    clearInterval(this.pulse);
    clearTimeout(this.retryTimer);
    this.drop();
  }

  private open(): void {
    const Socket = this.options.webSocket ?? globalThis.WebSocket;
    if (!Socket) throw new Error("This Node has no WebSocket: give one, such as that of the package ws.");
    const address = new URL(this.url);
    if (this.options.token) address.searchParams.set("token", this.options.token);
    const socket = new Socket(address.href, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heard_ms = performance.now();
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.receive(event.data);
    socket.onclose = (event) => this.lost(event.reason || "The engine is not there.");
    socket.onerror = () => undefined; // a close event follows
  }

  private receive(data: ArrayBuffer): void {
    const now_ms = performance.now();
    this.heard_ms = now_ms;
    let message: ServerMessage;
    try {
      message = decodeMessage(data);
    } catch (problem) {
      if (!(problem instanceof WireError)) throw problem;
      this.lost(problem.message);
      return;
    }
    if (message.type === "hello") this.greet(message);
    else if (message.type === "frame") this.take(message, now_ms);
    else if (message.type === "pong") this.clock.answer(message.client_ns, message.server_ns, now_ms);
    else if (message.type === "status") this.status = message;
  }

  private greet(hello: Hello): void {
    if (hello.protocol !== PROTOCOL_VERSION) {
      this.close();
      this.options.onState?.("The engine speaks another version of the protocol.");
      return;
    }
    this.hello = hello;
    this.playback = new Playback(hello.sampleRate_hz, hello.frame_samples);
    this.clock.reset();
    this.retry_ms = FIRST_RETRY_MS;
    const { streams = ["arkit"], rate_hz = 60 } = this.options;
    this.send({ type: "subscribe", streams, rate_hz, window: WINDOW });
    this.ping();
    this.options.onState?.("");
  }

  private take(frame: Frame, now_ms: number): void {
    this.send({ type: "ack", seq: frame.seq });
    this.playback?.push(frame, now_ms);
    this.options.onFrame?.(frame);
  }

  private tick(): void {
    if (!this.socket) return;
    if (performance.now() - this.heard_ms > SILENCE_MS) this.lost("The engine went silent.");
    else this.ping();
  }

  private ping(): void {
    this.send({ type: "ping", client_ns: Math.round(performance.now() * 1e6) });
  }

  private lost(why: string): void {
    this.drop();
    if (this.ended) return;
    this.retryTimer = setTimeout(() => this.open(), this.retry_ms);
    this.retry_ms = Math.min(2 * this.retry_ms, LONGEST_RETRY_MS);
    this.options.onState?.(why);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
  }
}
