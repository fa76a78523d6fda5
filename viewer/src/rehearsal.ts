/**
 * A face without an engine, for work on the page itself: `?demo=1`.
 *
 * It makes the same messages that the engine sends, from a sung scale that is computed; nothing is heard.
 */
import type { ActionInfo, Frame, Hello, ServerMessage } from "./protocol";

const SAMPLE_RATE_HZ = 48_000;
const FRAME_SAMPLES = 800;
const ARKIT = [
  "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthSmileLeft", "mouthSmileRight",
  "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight", "mouthLowerDownLeft", "mouthLowerDownRight",
] as const;
const ACTIONS: readonly ActionInfo[] = [
  { name: "brow_raise_inner", region: "brows", minimum: 0, maximum: 1 },
  { name: "eye_openness_left", region: "eyes", minimum: -1, maximum: 1 },
  { name: "eye_openness_right", region: "eyes", minimum: -1, maximum: 1 },
  { name: "gaze_x", region: "eyes", minimum: -1, maximum: 1 },
  { name: "jaw_open", region: "mouth", minimum: 0, maximum: 1 },
  { name: "lip_rounding", region: "mouth", minimum: 0, maximum: 1 },
  { name: "corner_pull", region: "mouth", minimum: -1, maximum: 1 },
  { name: "head_yaw", region: "neck", minimum: -1, maximum: 1 },
];
const PARTS = [{ name: "neck_pose", size: 3 }, { name: "eyes_pose", size: 6 }] as const;

/** Sends a hello, then 60 frames a second, to `receive`. */
export function rehearse(receive: (message: ServerMessage, arrived_ms: number) => void): void {
  receive(hello(), performance.now());
  receive(
    {
      type: "status", source: "demo=1, no engine", sourceState: "running", model: "a formula",
      warnings: ["This face is computed by the page itself."], script: 0, songState: "stopped", dropped_frames: 0,
    },
    performance.now(),
  );
  const start_ms = performance.now();
  let seq = 0;
  setInterval(() => {
    const now_ms = performance.now();
    while ((seq * 1000 * FRAME_SAMPLES) / SAMPLE_RATE_HZ < now_ms - start_ms) {
      receive(frame(seq), now_ms);
      seq += 1;
    }
  }, 8);
}

function hello(): Hello {
  let offset = 0;
  const parts = PARTS.map(({ name, size }) => {
    offset += size;
    return { name, offset: offset - size, size, unit: "rad" };
  });
  return {
    type: "hello", protocol: 1, server: "no engine", sampleRate_hz: SAMPLE_RATE_HZ, frame_samples: FRAME_SAMPLES,
    lookAhead_samples: 0, rates_hz: [60], streams: ["actions", "arkit", "flame", "voice"], actions: ACTIONS,
    arkit: ARKIT, flame: { basis: "none", size: offset, parts }, voice: [], song: null, takesAudio: false, takesTransport: false, switchesOutputs: false,
  };
}

function frame(seq: number): Frame {
  const time_s = (seq * FRAME_SAMPLES) / SAMPLE_RATE_HZ;
  const note = Math.floor(time_s / 0.9);
  const within_s = time_s - 0.9 * note;
  const sung = note % 9 !== 8;
  const level = sung ? Math.min(1, within_s / 0.08) * Math.min(1, (0.9 - within_s) / 0.1) : 0;
  const vowel = note % 4;
  const jaw = level * [0.75, 0.3, 0.5, 0.2][vowel];
  const round = level * [0.05, 0, 0.55, 0.9][vowel];
  const smile = level * [0.15, 0.6, 0, 0][vowel];
  const blink = Math.max(0, 1 - Math.abs((time_s % 3.7) - 0.12) / 0.09);
  const yaw = 0.5 * Math.sin(0.6 * time_s);
  const vibrato = within_s > 0.35 ? 0.35 * Math.sin(2 * Math.PI * 5.6 * time_s) : 0;
  const semitones = [0, 2, 4, 5, 7, 9, 11, 12, 12][note % 9];
  return {
    type: "frame", seq, pts_samples: seq * FRAME_SAMPLES, captured_ns: 0, song_s: -1,
    actions: Float32Array.of(0.4 * level, -blink, -blink, 0.2 * Math.sin(time_s), jaw, round, smile, yaw),
    arkit: Float32Array.of(
      jaw, 0, 0.4 * round, 0.8 * round, smile, smile, 0.4 * level, blink, blink, 0.3 * jaw, 0.3 * jaw,
    ),
    flame: Float32Array.of(-0.04 * level, 0.2 * yaw, 0.02 * yaw, 0, 0.1 * Math.sin(time_s), 0, 0, 0.1 * Math.sin(time_s), 0),
    voice: {
      f0_hz: 220 * 2 ** ((semitones + vibrato) / 12), voiced: sung && level > 0.2,
      loudness_dbfs: -75 + 60 * level, voice: level,
    },
  };
}
