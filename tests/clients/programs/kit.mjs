// Runs the TypeScript kit in Node. Prints what tests/clients/test_typescript.py reads.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [kitFolder, what, ...words] = process.argv.slice(2);
const kit = await import(pathToFileURL(`${kitFolder}/index.js`).href);

const actions = {
  decode(path) {
    const messages = JSON.parse(readFileSync(path, "utf8")).map((hex) => kit.decodeMessage(Buffer.from(hex, "hex")));
    console.log(JSON.stringify(messages, (_, value) => (value instanceof Float32Array ? [...value] : value)));
  },
  encode(path) {
    const messages = JSON.parse(readFileSync(path, "utf8"));
    for (const message of messages) if (message.pcm_hex) message.pcm = Buffer.from(message.pcm_hex, "hex");
    for (const message of messages) delete message.pcm_hex;
    console.log(JSON.stringify(messages.map((message) => Buffer.from(kit.encodeMessage(message)).toString("hex"))));
  },
  broken(hex) {
    const bytes = Buffer.from(hex, "hex");
    let refused = 0;
    for (let size = 0; size < bytes.length; size += 1) {
      try {
        kit.decodeMessage(bytes.subarray(0, size));
      } catch (problem) {
        if (!(problem instanceof kit.WireError)) throw problem;
        refused += 1;
      }
    }
    console.log(`refused ${refused} of ${bytes.length}`);
  },
  replay(path) {
    const arrivals = readFileSync(path, "ascii").trim().split("\n").map((line) => line.split(" "));
    const playback = new kit.Playback(48000, 800);
    const end_ms = Number(arrivals.at(-1)[0]);
    let next = 0;
    for (let tick = 0; tick / 0.24 < end_ms; tick += 1) {
      const now_ms = tick / 0.24;
      for (; next < arrivals.length && Number(arrivals[next][0]) <= now_ms; next += 1) {
        playback.push(kit.decodeMessage(Buffer.from(arrivals[next][1], "hex")), Number(arrivals[next][0]));
      }
      const moment = playback.at(now_ms);
      if (!moment) continue;
      const { older, newer, share, behind_ms } = moment;
      const weights = [...newer.arkit.keys()].map((i) => kit.between(older.arkit, newer.arkit, share, i));
      console.log([now_ms, newer.pts_samples - 48 * behind_ms, newer.pts_samples, ...weights].join(" "));
    }
  },
  live(url, wanted) {
    let count = 0;
    const face = new kit.Face(url, {
      streams: ["arkit", "voice"],
      onFrame() {
        count += 1;
        if (count < Number(wanted) || face.latency_ms() === null) return;
        console.log(JSON.stringify([face.hello.server, count, face.weight("jawOpen"), face.latency_ms()]));
        face.close();
      },
    });
  },
};
actions[what](...words);
