// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/** One WebSocket to the engine that comes back by itself, and the engine's clock. For browsers and for Node. */
import { ServerClock } from "./clock.js";
import {
  type ClientMessage,
  decodeMessage,
  encodeMessage,
  PROTOCOL_VERSION,
  type ServerMessage,
  type Stream,
  SUBPROTOCOL,
  WireError,
} from "./protocol.js";

/** `refused` is for good; from `waiting` it tries again by itself. */
export type ConnectionState = "connecting" | "connected" | "waiting" | "refused";

export interface ConnectionOptions {
  readonly streams: Stream[];
  readonly rate_hz?: 60 | 30 | 15;
  /** What to connect with: `ws` in a Node that has no WebSocket of its own (before 22). */
  readonly webSocket?: typeof WebSocket;
  /** Every message that came and was understood, with `performance.now()` of its arrival. */
  onMessage(message: ServerMessage, arrived_ms: number): void;
  /** The state changed; `sentence` says what is done now, for a person. */
  onState(state: ConnectionState, sentence: string): void;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
/** A server that is silent this long after connecting, or in between, is taken for gone. */
const SILENCE_MS = 8_000;
const PING_MS = 1_000;
/** Codes after which the same request will probably fail again: it is not repeated in a hurry. */
const REFUSING_CODES: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009]);
/** Our own close codes. */
const NOT_UNDERSTOOD = 4000;
const OTHER_VERSION = 4001;
/** Frames under way before the engine skips ahead to the newest; covers 200 ms of round trip at 60 fps. */
const WINDOW = 12;

export class Connection {
  readonly clock = new ServerClock();
  private readonly url: string;
  private socket: WebSocket | null = null;
  private retry_ms = FIRST_RETRY_MS;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly pulse: ReturnType<typeof setInterval>;
  private heard_ms = 0;
  private greeted = false;
  private ended = false;

  /**
   * @param url Address of the WebSocket, such as `ws://127.0.0.1:8760/ws`, token included.
   * @throws {Error} There is no WebSocket to connect with, or it is no address.
   */
  constructor(
    url: string,
    private readonly options: ConnectionOptions,
  ) {
    this.url = new URL(url).href;
    this.pulse = setInterval(() => this.tick(), PING_MS);
    if (typeof document !== "undefined") {
      addEventListener("online", () => this.open());
      document.addEventListener("visibilitychange", () => {
        if (!document.hidden && this.retryTimer !== undefined) this.open();
      });
    }
    try {
      this.open();
    } catch (problem) {
      this.close();
      throw problem;
    }
  }

  /** Bytes that were sent but have not left this machine. */
  get buffered_bytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** Send a message; false where there is no connection to send it on. */
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
    if (this.socket || this.ended) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    const Socket = this.options.webSocket ?? globalThis.WebSocket;
    if (!Socket) throw new Error("This Node has no WebSocket: give one, such as that of the package ws.");
    this.options.onState("connecting", `Connecting to ${new URL(this.url).host}.`);
    const socket = new Socket(this.url, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.greeted = false;
    this.heard_ms = performance.now();
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.receive(event.data);
    socket.onclose = (event) => this.closed(event.code, event.reason);
    socket.onerror = () => undefined; // a close event follows
  }

  private receive(data: ArrayBuffer): void {
    const arrived_ms = performance.now();
    this.heard_ms = arrived_ms;
    let message: ServerMessage;
    try {
      message = decodeMessage(data);
    } catch (problem) {
      if (!(problem instanceof WireError)) throw problem;
      this.socket?.close(NOT_UNDERSTOOD, "message not understood");
      this.lost(problem.message);
      return;
    }
    if (message.type === "hello") this.greet(message.protocol);
    else if (message.type === "frame") this.send({ type: "ack", seq: message.seq });
    else if (message.type === "pong") this.clock.answer(message.client_ns, message.server_ns, arrived_ms);
    if (this.ended) return;
    this.options.onMessage(message, arrived_ms);
    if (message.type === "hello") this.options.onState("connected", "Connected.");
  }

  private greet(protocol: number): void {
    if (protocol !== PROTOCOL_VERSION) {
      this.socket?.close(OTHER_VERSION, "other protocol version");
      this.close();
      this.options.onState("refused", "The engine speaks another version of the protocol: load the newest.");
      return;
    }
    this.greeted = true;
    this.retry_ms = FIRST_RETRY_MS;
    this.clock.reset();
    const { streams, rate_hz = 60 } = this.options;
    this.send({ type: "subscribe", streams, rate_hz, window: WINDOW });
    for (let burst = 0; burst < 4; burst += 1) setTimeout(() => this.ping(), 40 * burst);
  }

  private tick(): void {
    if (!this.socket) return;
    if (performance.now() - this.heard_ms > SILENCE_MS) this.lost("The engine went silent.");
    else this.ping();
  }

  private ping(): void {
    this.send({ type: "ping", client_ns: Math.round(performance.now() * 1e6) });
  }

  private closed(code: number, reason: string): void {
    if (REFUSING_CODES.has(code)) {
      this.retry_ms = LONGEST_RETRY_MS;
      this.lost(`The engine closed the connection (${code}): ${reason || "no reason given"}`);
    } else {
      const { greeted } = this;
      this.lost(reason || (greeted ? "The connection was lost." : "The engine is not there."));
      if (!greeted) void this.explain();
    }
  }

  /** A WebSocket does not tell why it was refused; whether the engine answers at all tells half. */
  private async explain(): Promise<void> {
    const health = new URL("/health", this.url.replace(/^ws/, "http"));
    const answers = await fetch(health).then(
      () => true,
      () => false,
    );
    if (answers && this.retryTimer !== undefined && !this.ended) {
      const sentence = "The engine is there but refuses: is ?token= right? It is asked again by itself.";
      this.options.onState("waiting", sentence);
    }
  }

  private lost(why: string): void {
    this.drop();
    if (this.ended) return;
    const wait_ms = this.retry_ms * (0.8 + 0.4 * Math.random());
    this.retry_ms = Math.min(2 * this.retry_ms, LONGEST_RETRY_MS);
    this.retryTimer = setTimeout(() => this.open(), wait_ms);
    this.options.onState("waiting", `${why} Trying again ${inWords(wait_ms)}.`);
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

function inWords(wait_ms: number): string {
  return wait_ms < 950 ? "in a moment" : `in ${Math.round(wait_ms / 1000)} s`;
}
