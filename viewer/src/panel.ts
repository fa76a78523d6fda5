/** The side panel: connection, numbers, traces, action meters, what the engine says. */
import type { ConnectionState } from "./connection";
import type { ActionInfo, Hello, Status, Voice } from "./protocol";
import { noteName, Traces } from "./traces";

/** What the panel's numbers show. */
export interface Numbers {
  readonly picture_fps: number;
  readonly frame_fps: number;
  readonly latency_ms: number | null;
  readonly missed_frames: number;
  readonly drift_ms: number | null;
}

const REGION_ORDER = ["brows", "eyes", "neck", "mouth"] as const;
/** Numbers change this often, in ms: faster cannot be read. */
const NUMBERS_MS = 250;

export class Panel {
  private readonly traces = new Traces(canvas("pitch"), canvas("loudness"));
  private meters: { fill: HTMLElement; signed: boolean }[] = [];
  private numbers_ms = 0;

  showConnection(state: ConnectionState, sentence: string): void {
    document.body.dataset.connection = state;
    element("connection").textContent = sentence;
    element("notice").textContent = state === "connected" ? "" : sentence;
  }

  /** Build a meter for each action that the engine names. */
  showHello(hello: Hello): void {
    element("server").textContent = hello.server;
    const regions = new Map<string, HTMLElement>();
    const home = element("meters");
    home.replaceChildren();
    for (const name of [...REGION_ORDER, ...hello.actions.map((action) => action.region)]) {
      if (regions.has(name) || !hello.actions.some((action) => action.region === name)) continue;
      const region = document.createElement("section");
      region.className = `region ${name}`;
      region.append(textElement("h3", name));
      regions.set(name, region);
      home.append(region);
    }
    this.meters = hello.actions.map((action) => {
      const { row, fill } = meter(action);
      regions.get(action.region)?.append(row);
      return { fill, signed: action.minimum < 0 };
    });
  }

  showStatus(status: Status): void {
    element("source").textContent = `${status.source || "no source"} · ${status.sourceState}`;
    element("model").textContent = status.model || "no model";
    const warnings = element("warnings");
    warnings.replaceChildren(...status.warnings.map((warning) => textElement("p", warning)));
  }

  /** A sentence that stays until the next one. */
  showProblem(sentence: string): void {
    element("problem").textContent = sentence;
  }

  addVoice(time_s: number, voice: Voice): void {
    this.traces.add(time_s, voice);
  }

  /** Draw meters and traces; numbers only now and then. */
  draw(actions: ArrayLike<number>, voice: Voice | null, numbers: () => Numbers, now_ms: number): void {
    this.meters.forEach(({ fill, signed }, k) => {
      const value = actions[k] ?? 0;
      const length = Math.min(1, Math.abs(value));
      fill.style.transform = signed ? `scaleX(${(value < 0 ? -length : length).toFixed(3)})` : `scaleX(${length.toFixed(3)})`;
    });
    this.traces.draw();
    if (now_ms - this.numbers_ms < NUMBERS_MS) return;
    this.numbers_ms = now_ms;
    element("note").textContent = voice?.voiced ? noteName(voice.f0_hz) : "–";
    element("level").textContent = voice && voice.loudness_dbfs > -99 ? `${voice.loudness_dbfs.toFixed(0)} dBFS` : "–";
    this.showNumbers(numbers());
  }

  private showNumbers(numbers: Numbers): void {
    const { latency_ms, drift_ms } = numbers;
    element("fps").textContent = `${numbers.picture_fps.toFixed(0)} fps`;
    element("frames").textContent = `${numbers.frame_fps.toFixed(0)} /s`;
    element("latency").textContent = latency_ms === null ? "–" : inWords(latency_ms, "face", "voice");
    element("missed").textContent = String(numbers.missed_frames);
    element("drift").textContent = drift_ms === null ? "–" : inWords(-drift_ms, "song", "face");
  }
}

/** A delay with its side named: positive means that `what` comes after `other`. */
function inWords(behind_ms: number, what: string, other: string): string {
  const size = Math.abs(behind_ms);
  if (size < 1) return "together";
  return `${what} ${size.toFixed(0)} ms ${behind_ms > 0 ? "behind" : "ahead of"} ${other}`;
}

function meter(action: ActionInfo): { row: HTMLElement; fill: HTMLElement } {
  const row = document.createElement("div");
  row.className = action.minimum < 0 ? "meter signed" : "meter";
  const bar = document.createElement("div");
  bar.className = "bar";
  const fill = document.createElement("i");
  bar.append(fill);
  row.append(textElement("span", action.name.replaceAll("_", " ")), bar);
  return { row, fill };
}

function textElement(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html lacks #${id}`);
  return found;
}

function canvas(id: string): HTMLCanvasElement {
  return element(id) as HTMLCanvasElement;
}
