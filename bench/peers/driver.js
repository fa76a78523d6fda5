// Runs the peers' own code, unchanged, on recordings, in virtual time: sound flows through an
// OfflineAudioContext, and what a library does in messages and animation frames is done at the sample
// at which it would have been done live on a machine that is never late.
//
// A picture is drawn 60 times a second; picture k (from 1) is drawn when k / 60 s of sound have played.

import { createWLipSyncNode } from "/wlipsync/dist/wlipsync-single.js";
import { HeadAudio } from "/@met4citizen/headaudio/dist/headaudio.min.mjs";
import { Lipsync, VISEMES } from "/wawa-lipsync/dist/wawa-lipsync.es.js";

const RATE = 48000;
const QUANTUM = 128;
const PICTURE = 800;
const PATIENCE_MS = 20000;

const GATE = `registerProcessor("gate", class extends AudioWorkletProcessor {
  constructor() { super(); this.port.onmessage = () => this.port.postMessage(0); }
  process() { return true; }
});`;

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

function sourceOf(context, samples) {
  const buffer = context.createBuffer(1, samples.length, RATE);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.start();
  return source;
}

async function addModule(context, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  await context.audioWorklet.addModule(url);
  URL.revokeObjectURL(url);
}

// The worklet thread has handled every message sent to it before this one.
async function settled(context) {
  await addModule(context, GATE);
  const gate = new AudioWorkletNode(context, "gate", { numberOfInputs: 0 });
  await new Promise((done) => {
    gate.port.onmessage = done;
    gate.port.postMessage(0);
  });
}

// Renders everything, holding back the messages to a node until `complete(messages)`.
async function messagesOf(context, node, complete) {
  const handle = node.port.onmessage;
  const messages = [];
  node.port.onmessage = (event) => messages.push(event);
  await settled(context);
  await context.startRendering();
  const giveUp = Date.now() + PATIENCE_MS;
  while (!complete(messages)) {
    if (Date.now() > giveUp) throw new Error(`only ${messages.length} messages came`);
    await pause(2);
  }
  return { handle, messages };
}

// Hands each message over when it would have come, and calls `draw` for every picture.
function replay(count, messages, handle, arrivalOf, draw) {
  let next = 0;
  for (let picture = 1; picture <= count; picture++) {
    while (next < messages.length && arrivalOf(messages[next].data) <= picture * PICTURE) {
      handle(messages[next++]);
    }
    draw(picture - 1);
  }
}

async function runWLipSync(samples, profile) {
  const names = [...new Set(profile.mfccs.map((entry) => entry.name))];
  const context = new OfflineAudioContext(1, samples.length, RATE);
  const node = await createWLipSyncNode(context, profile);
  sourceOf(context, samples).connect(node);
  await pause(20); // its processor compiles in the background; the first time stamp says whether it was ready
  const blocks = Math.floor((Math.floor(samples.length / QUANTUM) * QUANTUM) / node.blockSize);
  const due = (found) => found.length >= blocks || lateStart(found, node.blockSize);
  const { handle, messages } = await messagesOf(context, node, due);
  if (lateStart(messages, node.blockSize)) return null;
  const count = Math.floor(samples.length / PICTURE);
  const rows = new Float32Array(count * names.length);
  const arrivalOf = (data) => Math.round(data.timestamp * RATE) + QUANTUM;
  replay(count, messages, handle, arrivalOf, (picture) => {
    names.forEach((name, i) => {
      rows[picture * names.length + i] = node.weights[name] * node.volume;
    });
  });
  return { names, rows };
}

function lateStart(messages, blockSize) {
  if (messages.length === 0) return false;
  return Math.round(messages[0].data.timestamp * RATE) > blockSize - QUANTUM;
}

async function runHeadAudio(samples) {
  const context = new OfflineAudioContext(1, samples.length, RATE);
  const worklet = await fetch("/@met4citizen/headaudio/dist/headworklet.min.mjs");
  await addModule(context, await worklet.text());
  const node = new HeadAudio(context, {
    processorOptions: { vadEventsEnabled: true }, // one message a hop: tells when all have come
    parameterData: { vadGateActiveDb: -40, vadGateInactiveDb: -60 }, // as its README sets them
  });
  await node.loadModel("/@met4citizen/headaudio/dist/model-en-mixed.bin");
  sourceOf(context, samples).connect(node);
  const last = (samples.length - 2 * PICTURE) / RATE;
  const complete = (found) => found.length > 0 && found.at(-1).data.t >= last;
  const { handle, messages } = await messagesOf(context, node, complete);
  const names = node.visemeNames;
  const count = Math.floor(samples.length / PICTURE);
  const rows = new Float32Array(count * names.length);
  const now = new Float32Array(names.length);
  node.onvalue = (name, value) => {
    now[names.indexOf(name)] = value;
  };
  const arrivalOf = (data) => {
    const end = data.event === "viseme" ? data.t + data.d / 2 : data.t;
    return Math.ceil((end * RATE - 1) / QUANTUM) * QUANTUM;
  };
  replay(count, messages, handle, arrivalOf, (picture) => {
    node.update((1000 * PICTURE) / RATE);
    rows.set(now, picture * names.length);
  });
  return { names, rows };
}

// It makes its own AudioContext and reads an AnalyserNode: the context is stopped for every picture.
async function runWawa(samples) {
  const names = Object.values(VISEMES);
  const count = Math.floor(samples.length / PICTURE);
  const rows = new Float32Array(count * names.length);
  const context = new OfflineAudioContext(1, samples.length, RATE);
  const source = sourceOf(context, samples);
  const realContext = window.AudioContext;
  const realNow = performance.now;
  let picture = 0;
  window.AudioContext = function () {
    return context;
  };
  performance.now = () => (1000 * picture * PICTURE) / RATE;
  const resume = context.resume.bind(context);
  context.resume = () => Promise.resolve(); // a live one may be resumed before it runs
  context.createMediaElementSource = () => source;
  try {
    const lipsync = new Lipsync();
    lipsync.connectAudio({ src: "recording" });
    const stop = (k) => {
      const at = Math.floor((k * PICTURE) / QUANTUM) * QUANTUM;
      if (k > count || at >= samples.length) return;
      context.suspend(at / RATE).then(() => {
        picture = k;
        lipsync.processAudio();
        rows[(k - 1) * names.length + names.indexOf(lipsync.viseme)] = 1;
        stop(k + 1);
        resume();
      });
    };
    stop(1);
    await context.startRendering();
    while (picture < count) {
      picture++; // the last one is drawn when the sound has ended
      lipsync.processAudio();
      rows[(picture - 1) * names.length + names.indexOf(lipsync.viseme)] = 1;
    }
  } finally {
    window.AudioContext = realContext;
    performance.now = realNow;
  }
  return { names, rows };
}

// What wLipSync's own compiled code makes of the frames that end at given samples: 12 coefficients and
// the entry of the profile that it takes each for.
async function hear(samples, ends, profile) {
  const binary = await (await fetch("/wlipsync/dist/wlipsync.wasm")).arrayBuffer();
  const memory = new WebAssembly.Memory({ initial: 4 });
  const { exports } = (await WebAssembly.instantiate(binary, { env: { memory } })).instance;
  const raw = exports.load_profile(
    profile.targetSampleRate, profile.sampleCount, profile.melFilterBankChannels, profile.compareMethod,
    profile.mfccs.length, profile.mfccDataCount, profile.useStandardization ? 1 : 0,
  );
  const values = profile.mfccs.flatMap((entry) => entry.mfccCalibrationDataList.flatMap((one) => one.array));
  new Float32Array(memory.buffer, raw, values.length).set(values);
  exports.precompute_profile();
  exports.set_input(RATE);
  const size = exports.get_input_buffer_size();
  const input = new Float32Array(memory.buffer, exports.get_input_buffer(), size);
  const found = new Float32Array(13 * ends.length);
  ends.forEach((end, i) => {
    input.fill(0);
    const part = samples.subarray(Math.max(0, end - size), end);
    input.set(part, size - part.length);
    found[13 * i + 12] = exports.execute(0);
    found.set(new Float32Array(memory.buffer, exports.mfccOut.value, 12), 13 * i);
  });
  return found;
}

function base64(values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) {
    text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  }
  return btoa(text);
}

async function recording() {
  return new Float32Array(await (await fetch("/recording")).arrayBuffer());
}

const RUNS = { wlipsync: runWLipSync, headaudio: runHeadAudio, "wawa-lipsync": runWawa };

window.watch = async (peer, profile) => {
  const samples = await recording();
  let found = null;
  for (let attempt = 0; found === null && attempt < 20; attempt++) {
    found = await RUNS[peer](samples, profile);
  }
  if (found === null) throw new Error(`${peer} was never ready when the sound began`);
  return { names: found.names, rows: base64(found.rows) };
};

window.hear = async (ends, profile) => base64(await hear(await recording(), ends, profile));
window.ready = true;
