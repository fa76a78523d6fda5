/** The last seconds of the voice: pitch on a scale of notes, and loudness. */
import type { Voice } from "./protocol";

const SHOWN_S = 8;
const NOTE_NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"] as const;
const A4_HZ = 440;
const A4_NOTE = 69;
/** The pitch scale shows at least this many semitones, and follows the voice with this time constant. */
const LEAST_SEMITONES = 14;
const FOLLOW_S = 0.3;
/** Points further apart than this, in s or in semitones, are not joined. */
const JOIN = { longest_s: 0.1, widest_semitones: 4 };
const QUIETEST_DBFS = -70;
const LOUDEST_DBFS = 0;

/** MIDI note number of a frequency, with fraction. */
export function noteOf(f0_hz: number): number {
  return A4_NOTE + 12 * Math.log2(f0_hz / A4_HZ);
}

/** A frequency as a singer writes it: the nearest note and how far off in cents. */
export function noteName(f0_hz: number): string {
  const note = noteOf(f0_hz);
  const nearest = Math.round(note);
  const cents = Math.round(100 * (note - nearest));
  return `${spelled(nearest)} ${cents < 0 ? "−" : "+"}${Math.abs(cents)} ¢`;
}

function spelled(note: number): string {
  return `${NOTE_NAMES[((note % 12) + 12) % 12]}${Math.floor(note / 12) - 1}`;
}

interface Point {
  readonly time_s: number;
  readonly note: number | null;
  readonly loudness_dbfs: number;
}

/** Draws both traces into two canvases. */
export class Traces {
  private readonly points: Point[] = [];
  private low = 55;
  private high = 72;
  private followed_s = 0;

  constructor(
    private readonly pitch: HTMLCanvasElement,
    private readonly loudness: HTMLCanvasElement,
  ) {}

  /** Add what was heard at `time_s` of the stream. */
  add(time_s: number, voice: Voice): void {
    const last = this.points.at(-1);
    if (last && (time_s < last.time_s || time_s - last.time_s > 2)) this.points.length = 0;
    const note = voice.voiced && voice.f0_hz > 0 ? noteOf(voice.f0_hz) : null;
    this.points.push({ time_s, note, loudness_dbfs: voice.loudness_dbfs });
    while (this.points.length > 0 && this.points[0].time_s < time_s - SHOWN_S) this.points.shift();
  }

  draw(): void {
    this.followPitch();
    this.drawPitch();
    this.drawLoudness();
  }

  /** The scale glides so that all notes of the last seconds fit, with a little air. */
  private followPitch(): void {
    let [low, high] = [Infinity, -Infinity];
    for (const { note } of this.points) {
      if (note === null) continue;
      low = Math.min(low, note);
      high = Math.max(high, note);
    }
    if (high < low) return;
    const air = Math.max(2, (LEAST_SEMITONES - (high - low)) / 2);
    const now_s = this.points[this.points.length - 1].time_s;
    const share = 1 - Math.exp(-Math.max(0, now_s - this.followed_s) / FOLLOW_S);
    this.followed_s = now_s;
    this.low += share * (low - air - this.low);
    this.high += share * (high + air - this.high);
  }

  private drawPitch(): void {
    const { context, width, height } = prepare(this.pitch);
    const y = (note: number): number => height * (1 - (note - this.low) / (this.high - this.low));
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "middle";
    const every = this.high - this.low > 30 ? 12 : this.high - this.low > 18 ? 6 : 3;
    for (let note = Math.ceil(this.low); note <= this.high; note += 1) {
      if (note % every !== 0) continue;
      rule(context, y(note), width, note % 12 === 0 ? 0.16 : 0.07);
      context.fillStyle = "rgba(255,255,255,0.45)";
      if (y(note) > 8 && y(note) < height - 8) context.fillText(spelled(note), 4, y(note));
    }
    context.strokeStyle = "#7fd6ff";
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    context.beginPath();
    let before: Point | null = null;
    for (const point of this.points) {
      if (point.note === null) {
        before = null;
        continue;
      }
      const at: [number, number] = [this.x(point, width), y(point.note)];
      if (before && joins(before, point)) context.lineTo(...at);
      else context.moveTo(...at);
      before = point;
    }
    context.stroke();
  }

  private drawLoudness(): void {
    const { context, width, height } = prepare(this.loudness);
    const y = (dbfs: number): number => height * (1 - (dbfs - QUIETEST_DBFS) / (LOUDEST_DBFS - QUIETEST_DBFS));
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const dbfs of [-60, -40, -20]) {
      rule(context, y(dbfs), width, 0.07);
      context.fillStyle = "rgba(255,255,255,0.45)";
      context.fillText(`${dbfs} dB`, 4, y(dbfs));
    }
    if (this.points.length < 2) return;
    context.beginPath();
    context.moveTo(this.x(this.points[0], width), height);
    for (const point of this.points) context.lineTo(this.x(point, width), Math.min(height, y(point.loudness_dbfs)));
    context.lineTo(this.x(this.points[this.points.length - 1], width), height);
    context.closePath();
    const gradient = context.createLinearGradient(0, 0, 0, height);
    gradient.addColorStop(0, "rgba(255,190,120,0.85)");
    gradient.addColorStop(1, "rgba(255,190,120,0.12)");
    context.fillStyle = gradient;
    context.fill();
  }

  private x(point: Point, width: number): number {
    const newest_s = this.points[this.points.length - 1].time_s;
    return width * (1 - (newest_s - point.time_s) / SHOWN_S);
  }
}

function joins(a: Point, b: Point): boolean {
  if (a.note === null || b.note === null) return false;
  return b.time_s - a.time_s < JOIN.longest_s && Math.abs(a.note - b.note) < JOIN.widest_semitones;
}

/** Clears a canvas at the screen's own resolution; sizes are in CSS pixels. */
function prepare(canvas: HTMLCanvasElement): { context: CanvasRenderingContext2D; width: number; height: number } {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function rule(context: CanvasRenderingContext2D, y: number, width: number, strength: number): void {
  context.fillStyle = `rgba(255,255,255,${strength})`;
  context.fillRect(0, Math.round(y), width, 1);
}
