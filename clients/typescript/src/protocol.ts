// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/**
 * The wire format `t2s.v1.msgpack`: bytes in, typed messages out, and back. No socket here.
 *
 * docs/protocol.md is the contract; tests/golden holds its bytes, which the tests read.
 */
import { decode, encode } from "./msgpack.js";

export const SUBPROTOCOL = "t2s.v1.msgpack";
export const PROTOCOL_VERSION = 1;

/** One action of the vocabulary. */
export interface ActionInfo {
  readonly name: string;
  readonly region: string;
  readonly minimum: number;
  readonly maximum: number;
}

/** Where a part of the FLAME vector lies. */
export interface FlamePart {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly unit: string;
}

/** The first message: names, order, rates and conventions. */
export interface Hello {
  readonly type: "hello";
  readonly protocol: number;
  readonly server: string;
  readonly sampleRate_hz: number;
  readonly frame_samples: number;
  readonly lookAhead_samples: number;
  readonly rates_hz: readonly number[];
  readonly streams: readonly string[];
  readonly actions: readonly ActionInfo[];
  readonly arkit: readonly string[];
  readonly flame: { readonly basis: string; readonly size: number; readonly parts: readonly FlamePart[] };
  readonly voice: readonly string[];
  /** Name of the song that `/song` serves, or null. */
  readonly song: string | null;
  /** Whether this client may be the microphone. */
  readonly takesAudio: boolean;
  /** Whether this client may be the player of the song. */
  readonly takesTransport: boolean;
  /** Whether this client may see outputs and switch them. */
  readonly switchesOutputs: boolean;
}

/** What was heard. */
export interface Voice {
  readonly f0_hz: number;
  readonly voiced: boolean;
  readonly loudness_dbfs: number;
  /** Presence of a voice, 0 to 1. */
  readonly voice: number;
}

/** One face. Streams that were not asked for are null. */
export interface Frame {
  readonly type: "frame";
  readonly seq: number;
  /** Audio time that the frame depicts, in samples. */
  readonly pts_samples: number;
  /** The server's monotonic clock when the newest sample behind the frame was captured, in ns; 0 for none. */
  readonly captured_ns: number;
  /** Position in the song, in s; negative where none plays. */
  readonly song_s: number;
  readonly actions: Float32Array | null;
  readonly arkit: Float32Array | null;
  readonly flame: Float32Array | null;
  readonly voice: Voice | null;
}

/** What the engine is doing. */
export interface Status {
  readonly type: "status";
  readonly source: string;
  /** `waiting`, `running`, `lost`, `ended`, `failed`; a newer server may know others. */
  readonly sourceState: string;
  readonly model: string;
  readonly warnings: readonly string[];
  /** Rises when what `/script` serves changes; 0 where nothing is known of a song. */
  readonly script: number;
  /** What the player's song does: `stopped`, `playing`, `paused`; a newer server may know others. */
  readonly songState: string;
  /** Frames that this client missed because it was slow, as the server counts them. */
  readonly dropped_frames: number;
}

/** The answer to a ping. */
export interface Pong {
  readonly type: "pong";
  readonly client_ns: number;
  readonly server_ns: number;
}

/** One program or file that gets the face besides the server's clients. */
export interface Output {
  readonly name: string;
  /** `off`, `waiting`, `running`, `retrying`, `stopped`; a newer server may know others. */
  readonly state: string;
  /** A sentence for a person. */
  readonly detail: string;
  /** Whether somebody is there; null where that cannot be known. */
  readonly listening: boolean | null;
  /** Frames of the last second. */
  readonly rate_hz: number;
  readonly sent: number;
  readonly skipped: number;
  readonly failures: number;
}

/** How the outputs fare: the answer to `outputs` and `switch_output`. */
export interface Outputs {
  readonly type: "outputs";
  readonly outputs: readonly Output[];
}

/** A request was refused; the connection stays open. */
export interface Refusal {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
}

/** A message of a later version that this kit does not know. */
export interface Unknown {
  readonly type: "unknown";
  readonly name: string;
}

export type ServerMessage = Hello | Frame | Status | Pong | Outputs | Refusal | Unknown;

export type Stream = "actions" | "arkit" | "flame" | "voice";

export type ClientMessage =
  | { type: "subscribe"; streams: Stream[]; rate_hz: number; window: number }
  | { type: "ack"; seq: number }
  | { type: "ping"; client_ns: number }
  | { type: "audio_start"; rate_hz: number; channels: number; format: "s16" | "f32" }
  | { type: "audio"; pcm: Uint8Array }
  | { type: "audio_stop" }
  | { type: "transport"; state: "playing" | "paused"; position_s: number; rate?: number; server_ns?: number }
  | { type: "transport"; state: "stopped" }
  | { type: "outputs" }
  | { type: "switch_output"; name: string; on: boolean };

/** The server sent bytes that the protocol does not allow. */
export class WireError extends Error {}

/** One client message to bytes. */
export function encodeMessage(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return encode(message);
}

/**
 * One server message from bytes.
 * @throws {WireError} The bytes are no message of this protocol.
 */
export function decodeMessage(bytes: ArrayBuffer | Uint8Array): ServerMessage {
  let value: unknown;
  try {
    value = decode(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  } catch (problem) {
    throw new WireError(`the server's message is not MessagePack: ${String(problem)}`);
  }
  if (Array.isArray(value)) return readFrame(value);
  const fields = new Fields(value, "message");
  const type = fields.text("type");
  switch (type) {
    case "hello":
      return readHello(fields);
    case "status":
      return readStatus(fields);
    case "pong":
      return { type, client_ns: fields.number("client_ns"), server_ns: fields.number("server_ns") };
    case "outputs":
      return { type, outputs: fields.list("outputs").map(readOutput) };
    case "error":
      return { type, code: fields.text("code"), message: fields.text("message") };
    default:
      return { type: "unknown", name: type };
  }
}

/** A frame is an array: kind, seq, pts_samples, captured_ns, song_s, actions, arkit, flame, voice. */
function readFrame(items: readonly unknown[]): Frame | Unknown {
  const kind = items[0];
  if (typeof kind !== "string") throw new WireError("an array must begin with its kind");
  if (kind !== "frame") return { type: "unknown", name: kind };
  if (items.length < 9) throw new WireError(`a frame has 9 items, this one ${items.length}`);
  const [seq, pts_samples, captured_ns, song_s] = items.slice(1, 5).map((item) => readNumber(item, "frame"));
  return {
    type: "frame",
    seq,
    pts_samples,
    captured_ns,
    song_s,
    actions: readFloats(items[5]),
    arkit: readFloats(items[6]),
    flame: readFloats(items[7]),
    voice: items[8] === null ? null : readVoice(items[8]),
  };
}

function readVoice(value: unknown): Voice {
  if (!Array.isArray(value) || value.length < 4) throw new WireError("a frame's voice has 4 items");
  const [f0_hz, voiced, loudness_dbfs, voice] = value as unknown[];
  return {
    f0_hz: readNumber(f0_hz, "f0_hz"),
    voiced: voiced === true,
    loudness_dbfs: readNumber(loudness_dbfs, "loudness_dbfs"),
    voice: readNumber(voice, "voice"),
  };
}

/** Little-endian float32; copied, because the bytes need not be aligned. */
function readFloats(value: unknown): Float32Array | null {
  if (value === null) return null;
  if (!(value instanceof Uint8Array) || value.length % 4 !== 0) throw new WireError("float32 arrays are bin");
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const out = new Float32Array(value.length / 4);
  for (let i = 0; i < out.length; i += 1) out[i] = view.getFloat32(4 * i, true);
  return out;
}

function readHello(fields: Fields): Hello {
  const flame = fields.map("flame");
  return {
    type: "hello",
    protocol: fields.number("protocol"),
    server: fields.text("server"),
    sampleRate_hz: fields.number("sample_rate_hz"),
    frame_samples: fields.number("frame_samples"),
    lookAhead_samples: fields.number("look_ahead_samples"),
    rates_hz: fields.list("rates_hz").map((rate) => readNumber(rate, "rates_hz")),
    streams: fields.texts("streams"),
    actions: fields.list("actions").map((item) => {
      const action = new Fields(item, "action");
      return {
        name: action.text("name"),
        region: action.text("region"),
        minimum: action.number("minimum"),
        maximum: action.number("maximum"),
      };
    }),
    arkit: fields.texts("arkit"),
    flame: {
      basis: flame.text("basis"),
      size: flame.number("size"),
      parts: flame.list("parts").map((item) => {
        const part = new Fields(item, "flame part");
        return {
          name: part.text("name"),
          offset: part.number("offset"),
          size: part.number("size"),
          unit: part.text("unit"),
        };
      }),
    },
    voice: fields.texts("voice"),
    song: fields.textOrNull("song"),
    takesAudio: fields.flag("takes_audio"),
    takesTransport: fields.flag("takes_transport"),
    switchesOutputs: fields.flag("switches_outputs"),
  };
}

function readOutput(item: unknown): Output {
  const output = new Fields(item, "output");
  return {
    name: output.text("name"),
    state: output.text("state"),
    detail: output.text("detail"),
    listening: output.flagOrNull("listening"),
    rate_hz: output.number("rate_hz"),
    sent: output.number("sent"),
    skipped: output.number("skipped"),
    failures: output.number("failures"),
  };
}

function readStatus(fields: Fields): Status {
  return {
    type: "status",
    source: fields.text("source"),
    sourceState: fields.text("source_state"),
    model: fields.text("model"),
    warnings: fields.texts("warnings"),
    script: fields.numberOr("script", 0),
    songState: fields.textOrNull("song_state") ?? "stopped",
    dropped_frames: fields.number("dropped_frames"),
  };
}

/** Integers above 2^53 would come as bigint; clocks in ns stay below that for 104 days. */
function readNumber(value: unknown, key: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  throw new WireError(`${key} must be a number`);
}

/** A map whose keys are read with their types. */
class Fields {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly what: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new WireError(`a ${what} must be a map`);
    }
    this.fields = value as Record<string, unknown>;
  }

  number(key: string): number {
    return readNumber(this.fields[key], `${this.what}: ${key}`);
  }

  /** A number that older servers leave out. */
  numberOr(key: string, otherwise: number): number {
    return this.fields[key] === undefined ? otherwise : this.number(key);
  }

  text(key: string): string {
    const value = this.fields[key];
    if (typeof value !== "string") throw new WireError(`${this.what}: ${key} must be a string`);
    return value;
  }

  /** False where the key is absent, as an older server leaves it. */
  flag(key: string): boolean {
    return this.fields[key] === true;
  }

  /** Null where neither true nor false. */
  flagOrNull(key: string): boolean | null {
    const value = this.fields[key];
    return typeof value === "boolean" ? value : null;
  }

  textOrNull(key: string): string | null {
    return this.fields[key] === null || this.fields[key] === undefined ? null : this.text(key);
  }

  list(key: string): readonly unknown[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) throw new WireError(`${this.what}: ${key} must be a list`);
    return value as unknown[];
  }

  texts(key: string): string[] {
    return this.list(key).map((item) => {
      if (typeof item !== "string") throw new WireError(`${this.what}: ${key} must hold strings`);
      return item;
    });
  }

  map(key: string): Fields {
    return new Fields(this.fields[key], `${this.what}: ${key}`);
  }
}
