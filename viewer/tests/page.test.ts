/** The page's reader and writer against the bytes that all implementations share (tests/golden). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { between, Playback } from "../src/playback";
import { type ClientMessage, decodeMessage, encodeMessage, type Frame, SUBPROTOCOL, WireError } from "../src/protocol";
import { Rows } from "../src/prompter";
import { lineAt, sung } from "../src/script";
import { facesFromTriangles, Subdivision } from "../src/subdivide";
import { noteName } from "../src/traces";

interface Golden {
  readonly name: string;
  readonly from: "server" | "client";
  readonly encoding: string;
  /** Null for bytes that include the WebSocket's header. */
  readonly value: Readonly<Record<string, unknown>> | null;
  readonly hex: string;
}

// npm runs tests in viewer/.
const golden = JSON.parse(readFileSync("../tests/golden/protocol_v1.json", "utf8")) as Golden[];

interface Vector {
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

function vectors(from: Golden["from"], kind: (value: Vector["value"]) => boolean): Vector[] {
  const found: Vector[] = [];
  for (const { name, from: who, encoding, value, hex } of golden) {
    if (who !== from || encoding !== SUBPROTOCOL || value === null || !kind(value)) continue;
    found.push({ name, value, bytes: Uint8Array.from(Buffer.from(hex, "hex")) });
  }
  assert.ok(found.length > 0, "the golden file holds such messages");
  return found;
}

test("frames hold the streams that were asked for, value by value", () => {
  for (const { name, value, bytes } of vectors("server", ({ seq }) => seq !== undefined)) {
    const frame = decodeMessage(bytes);
    assert.ok(frame.type === "frame");
    const streams = value.streams as readonly string[];
    for (const key of ["seq", "pts_samples", "captured_ns", "song_s"] as const) assert.equal(frame[key], value[key]);
    for (const stream of ["actions", "arkit", "flame"] as const) {
      const wanted = streams.includes(stream) ? value[stream] : null;
      assert.deepEqual(frame[stream] && [...frame[stream]], wanted, `${name}: ${stream}`);
    }
    assert.deepEqual(frame.voice, streams.includes("voice") ? value.voice : null);
  }
});

test("status, pong and error say what the file says", () => {
  const kinds = new Set<string>();
  for (const { value, bytes } of vectors("server", ({ type }) => typeof type === "string")) {
    const message = decodeMessage(bytes);
    kinds.add(message.type);
    if (message.type === "status") {
      const { sourceState, songState, ...rest } = message;
      assert.deepEqual({ ...rest, source_state: sourceState, song_state: songState }, value);
    } else {
      assert.deepEqual(message, value);
    }
  }
  for (const kind of ["status", "pong", "error"]) assert.ok(kinds.has(kind), kind);
});

test("what the page sends has the file's bytes", () => {
  for (const { name, value, bytes } of vectors("client", ({ type }) => type !== "audio")) {
    assert.deepEqual(encodeMessage(value as unknown as ClientMessage), bytes, name);
  }
});

test("sound goes out as the file's bytes", () => {
  const [{ value, bytes }] = vectors("client", ({ type }) => type === "audio");
  const pcm = Uint8Array.from(Buffer.from(String(value.pcm_hex), "hex"));
  assert.deepEqual(encodeMessage({ type: "audio", pcm }), bytes);
});

test("bytes that are no message are an error with a reason, later kinds are passed over", () => {
  assert.throws(() => decodeMessage(Uint8Array.of(0xc1)), WireError);
  assert.throws(() => decodeMessage(Uint8Array.of(0x90)), WireError);
  assert.throws(() => decodeMessage(encodeMessage({ type: "pong" } as unknown as ClientMessage)), WireError);
  assert.deepEqual(decodeMessage(encodeMessage({ type: "weather" } as unknown as ClientMessage)), {
    type: "unknown",
    name: "weather",
  });
});

function frame(seq: number, jaw: number): Frame {
  return {
    type: "frame", seq, pts_samples: 800 * seq, captured_ns: 0, song_s: -1,
    actions: null, arkit: Float32Array.of(jaw), flame: null, voice: null,
  };
}

test("pictures move evenly between frames and never lag by more than one", () => {
  const playback = new Playback(48_000, 800);
  for (let seq = 0; seq < 60; seq += 1) {
    const unevenness_ms = seq % 3;
    playback.push(frame(seq, seq), 1000 + (seq * 1000) / 60 + unevenness_ms);
  }
  const shown = [0, 4, 8, 12, 16].map((after_ms) => {
    const moment = playback.at(1000 + (59 * 1000) / 60 + 2 + after_ms);
    assert.ok(moment && moment.behind_ms >= 0 && moment.behind_ms < 16.7);
    return between(moment.older.arkit, moment.newer.arkit, moment.share, 0);
  });
  for (let k = 1; k < shown.length; k += 1) assert.ok(shown[k] > shown[k - 1] && shown[k] <= 59);
  assert.equal(playback.missed_frames, 0);
});

test("gaps are counted and a stream that starts over is shown at once", () => {
  const playback = new Playback(48_000, 800);
  playback.push(frame(10, 0), 0);
  playback.push(frame(14, 1), 66);
  assert.equal(playback.missed_frames, 3);
  playback.push(frame(0, 0.5), 80);
  const moment = playback.at(80);
  assert.ok(moment);
  assert.equal(between(moment.older.arkit, moment.newer.arkit, moment.share, 0), 0.5);
  assert.equal(playback.missed_frames, 3);
});

/** A cube of six squares. */
const CUBE = {
  corners: Float32Array.from([-1, -1, -1, 1, -1, -1, 1, 1, -1, -1, 1, -1, -1, -1, 1, 1, -1, 1, 1, 1, 1, -1, 1, 1]),
  faces: [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [2, 3, 7, 6], [1, 2, 6, 5], [0, 4, 7, 3]],
};

test("a subdivided cube has Catmull and Clark's points", () => {
  const step = new Subdivision(CUBE.faces, 8);
  assert.equal(step.vertexCount, 8 + 6 + 12);
  assert.equal(step.faces.length, 24);
  const fine = step.refine(CUBE.corners, 3);
  const radii = Array.from({ length: 26 }, (_, v) => Math.hypot(...fine.subarray(3 * v, 3 * v + 3)));
  for (const radius of radii.slice(0, 8)) assert.ok(Math.abs(radius - (5 / 9) * Math.sqrt(3)) < 1e-6);
  for (const radius of radii.slice(8, 14)) assert.ok(Math.abs(radius - 1) < 1e-6);
  for (const radius of radii.slice(14)) assert.ok(Math.abs(radius - 0.75 * Math.SQRT2) < 1e-6);
});

test("refining through the vertices keeps a cube's size and is linear", () => {
  const step = new Subdivision(CUBE.faces, 8);
  const fine = step.refineThrough(CUBE.corners, 3);
  assert.ok(Math.hypot(fine[0], fine[1], fine[2]) > 0.9 * Math.sqrt(3));
  const doubled = step.refineThrough(CUBE.corners.map((x) => 2 * x), 3);
  doubled.forEach((x, i) => assert.ok(Math.abs(x - 2 * fine[i]) < 1e-5));
});

test("squares come back from their halves in either order", () => {
  const faces = [[0, 1, 2, 3], [3, 2, 4, 5]];
  assert.deepEqual(facesFromTriangles([0, 1, 2, 0, 2, 3, 3, 2, 4, 3, 4, 5], 6), faces);
  assert.deepEqual(facesFromTriangles([0, 1, 2, 3, 2, 4, 0, 2, 3, 3, 4, 5], 6), faces);
});

test("notes are named as singers do", () => {
  assert.equal(noteName(440), "A4 +0 ¢");
  assert.equal(noteName(261.63), "C4 +0 ¢");
  assert.equal(noteName(440 * 2 ** (-20 / 1200)), "A4 −20 ¢");
});

test("the line on screen is the one sung or coming, and stays while its end is read", () => {
  const lines = [2, 6, 20].map((start_s) => ({ start_s, end_s: start_s + 3, syllables: [] }));
  const at = (song_s: number): number => lineAt(lines, song_s);
  assert.deepEqual([0, 2, 4.9].map(at), [0, 0, 0]);
  assert.deepEqual([5.1, 6, 8.9].map(at), [1, 1, 1], "the next line is shown a second before it starts");
  assert.equal(at(10.5), 1, "a line stays for two seconds when nothing follows soon");
  assert.deepEqual([11.5, 21].map(at), [2, 2]);
  assert.equal(at(23.5), 3, "after the last line there is none");
});

test("a syllable fills from its start to its end", () => {
  const syllable = { text: "la", start_s: 1, end_s: 2, ends_word: true };
  assert.deepEqual([0.5, 1, 1.25, 2, 3].map((song_s) => sung(syllable, song_s)), [0, 0, 0.25, 1, 1]);
});

test("cues that overlap have rows of their own, and a lane keeps its rows together", () => {
  const cue = (region: string, start_s: number, end_s: number) => ({ region, start_s, end_s, move: "raise", intensity: 1, text: "" });
  const cues = [cue("neck", 0, 4), cue("brows", 1, 3), cue("neck", 2, 3), cue("neck", 4, 5), cue("knee", 4, 5)];
  const rows = new Rows(cues);
  assert.equal(rows.count, 5, "three lanes of one row, one of two");
  assert.deepEqual(cues.map((one) => rows.ofCue(one)), [3, 0, 4, 3, -1]);
  const many = Array.from({ length: 6 }, (_, i) => cue("eyes", i / 10, 9));
  assert.equal(new Rows(many).count, 5, "no more than two rows a lane");
});
