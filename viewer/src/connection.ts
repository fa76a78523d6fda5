/** One WebSocket to the engine that comes back by itself, and the engine's clock. */
import { ServerClock } from "../../clients/typescript/src/clock";
import {
  type ClientMessage,
  decodeMessage,
  encodeMessage,
  PROTOCOL_VERSION,
  type ServerMessage,
  SUBPROTOCOL,
  WireError,
} from "./protocol";

export type ConnectionState = "connecting" | "connected" | "waiting" | "refused";

export interface ConnectionEvents {
  onMessage(message: ServerMessage, arrived_ms: number): void;
  /** The state changed; `sentence` says what the page does now, for a person. */
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
  private socket: WebSocket | null = null;
  private retry_ms = FIRST_RETRY_MS;
  private retryTimer = 0;
  private heard_ms = 0;
  private greeted = false;

  /** @param url Address of the WebSocket, token included. */
  constructor(
    private readonly url: string,
    private readonly events: ConnectionEvents,
  ) {
    setInterval(() => this.tick(), PING_MS);
    addEventListener("online", () => this.open());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.retryTimer) this.open();
    });
    this.open();
  }

  /** Bytes that were sent but have not left this machine. */
  get buffered_bytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** Send a message; false where there is no connection to send it on. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(encodeMessage(message));
    return true;
  }

  private open(): void {
    if (this.socket) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = 0;
    this.events.onState("connecting", `Connecting to ${new URL(this.url).host}.`);
    const socket = new WebSocket(this.url, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.greeted = false;
    this.heard_ms = performance.now();
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.receive(event.data);
    socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  private receive(data: ArrayBuffer): void {
    const arrived_ms = performance.now();
    this.heard_ms = arrived_ms;
    let message: ServerMessage;
    try {
      message = decodeMessage(data);
    } catch (problem) {
      if (!(problem instanceof WireError)) throw problem;
      console.error(problem.message);
      this.socket?.close(NOT_UNDERSTOOD, "message not understood");
      return;
    }
    if (message.type === "hello") this.greet(message.protocol);
    else if (message.type === "frame") this.send({ type: "ack", seq: message.seq });
    else if (message.type === "pong") this.clock.answer(message.client_ns, message.server_ns, arrived_ms);
    this.events.onMessage(message, arrived_ms);
  }

  private greet(protocol: number): void {
    if (protocol !== PROTOCOL_VERSION) {
      this.socket?.close(OTHER_VERSION, "other protocol version");
      return;
    }
    this.greeted = true;
    this.retry_ms = FIRST_RETRY_MS;
    this.clock.reset();
    this.send({ type: "subscribe", streams: ["actions", "arkit", "flame", "voice"], rate_hz: 60, window: WINDOW });
    for (let burst = 0; burst < 4; burst += 1) setTimeout(() => this.ping(), 40 * burst);
    this.events.onState("connected", "Connected.");
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
    if (code === OTHER_VERSION) {
      this.drop();
      this.events.onState("refused", "The engine speaks another version of the protocol: reload the page.");
    } else if (REFUSING_CODES.has(code)) {
      this.retry_ms = LONGEST_RETRY_MS;
      this.lost(`The engine closed the connection (${code}): ${reason || "no reason given"}`);
    } else {
      this.lost(reason || (this.greeted ? "The connection was lost." : "The engine is not there."));
      if (!this.greeted) void this.explain();
    }
  }

  /** A browser does not tell why a WebSocket was refused; whether the engine answers at all tells half. */
  private async explain(): Promise<void> {
    const health = new URL("/health", this.url.replace(/^ws/, "http"));
    const answers = await fetch(health).then(
      () => true,
      () => false,
    );
    if (answers && this.retryTimer) {
      this.events.onState("waiting", "The engine is there but refuses: is ?token= right? It is asked again by itself.");
    }
  }

  private lost(why: string): void {
    this.drop();
    const wait_ms = this.retry_ms * (0.8 + 0.4 * Math.random());
    this.retry_ms = Math.min(2 * this.retry_ms, LONGEST_RETRY_MS);
    this.retryTimer = window.setTimeout(() => this.open(), wait_ms);
    this.events.onState("waiting", `${why} Trying again ${inWords(wait_ms)}.`);
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
