/** Below the head: the words that are sung, and four lanes with what the motion subtitles ask for. */
import { element } from "./panel";
import { type Cue, type Line, lineAt, NO_SCRIPT, type Script, sung } from "./script";

const LANES = ["brows", "eyes", "mouth", "neck"] as const;
/** The lanes show this much of the song, in s, and this share of it lies in the past. */
const SHOWN_S = 9;
const PAST_SHARE = 0.22;
const ROW_PX = 17;
/** A lane shows at most this many cues at once; what does not fit lies over the last row. */
const MOST_ROWS = 2;
const LABEL_PX = 46;

/** Where each lane begins and which of its rows each cue is drawn in: cues that overlap have rows of their own. */
export class Rows {
  private readonly first = new Map<string, number>();
  private readonly rowOf = new Map<Cue, number>();
  readonly count: number;

  constructor(cues: readonly Cue[]) {
    let count = 0;
    for (const lane of LANES) {
      this.first.set(lane, count);
      const ends_s: number[] = [];
      for (const cue of cues) {
        if (cue.region !== lane) continue;
        const free = ends_s.findIndex((end_s) => end_s <= cue.start_s + 1e-3);
        const row = Math.min(free >= 0 ? free : ends_s.length, MOST_ROWS - 1);
        ends_s[row] = Math.max(ends_s[row] ?? 0, cue.end_s);
        this.rowOf.set(cue, row);
      }
      count += Math.max(1, ends_s.length);
    }
    this.count = count;
  }

  /** First row of a lane. */
  of(lane: string): number {
    return this.first.get(lane) ?? -1;
  }

  /** Row of a cue, counted from the top; -1 where its lane is unknown. */
  ofCue(cue: Cue): number {
    const row = this.rowOf.get(cue);
    return row === undefined ? -1 : this.of(cue.region) + row;
  }
}

export class Prompter {
  private script: Script = NO_SCRIPT;
  private rows = new Rows([]);
  private shown: Line | null = null;
  private spans: HTMLElement[] = [];
  private readonly colours = new Map<string, string>();
  private readonly home = element("prompter");
  private readonly now = element("line");
  private readonly next = element("next-line");
  private readonly canvas = element("lanes") as HTMLCanvasElement;

  /** Show another song, or the same one after its subtitles were edited. */
  show(script: Script): void {
    this.script = script;
    this.shown = null;
    this.now.replaceChildren();
    this.next.textContent = "";
    this.home.hidden = script.lines.length === 0 && script.cues.length === 0;
    this.canvas.hidden = script.cues.length === 0;
    this.rows = new Rows(script.cues);
    this.canvas.style.height = `${this.rows.count * ROW_PX}px`;
    const style = getComputedStyle(document.documentElement);
    for (const lane of LANES) this.colours.set(lane, style.getPropertyValue(`--${lane}`).trim());
  }

  /** Draw the moment `song_s`; negative where no song plays. */
  draw(song_s: number): void {
    if (this.home.hidden) return;
    this.drawWords(song_s);
    if (!this.canvas.hidden) this.drawLanes(song_s);
  }

  private drawWords(song_s: number): void {
    const { lines } = this.script;
    const at = lineAt(lines, song_s);
    const line = song_s < 0 ? null : (lines[at] ?? null);
    if (line !== this.shown) {
      this.shown = line;
      this.spans = (line?.syllables ?? []).map(syllableElement);
      this.now.replaceChildren(...this.spans);
      this.next.textContent = line ? textOf(lines[at + 1]) : "";
    }
    line?.syllables.forEach((syllable, i) => {
      this.spans[i].style.setProperty("--sung", `${(100 * sung(syllable, song_s)).toFixed(1)}%`);
    });
  }

  private drawLanes(song_s: number): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    const context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "10.5px system-ui, sans-serif";
    context.textBaseline = "middle";
    const perSecond = (width - LABEL_PX) / SHOWN_S;
    const from_s = song_s - PAST_SHARE * SHOWN_S;
    const x = (time_s: number): number => LABEL_PX + (time_s - from_s) * perSecond;
    context.save();
    context.beginPath();
    context.rect(LABEL_PX, 0, width - LABEL_PX, height);
    context.clip();
    for (const cue of this.script.cues) {
      if (cue.end_s < from_s) continue;
      if (cue.start_s > from_s + SHOWN_S) break;
      this.drawCue(context, cue, x, song_s);
    }
    context.fillStyle = "rgba(255,255,255,0.75)";
    context.fillRect(Math.round(x(song_s)), 0, 1, height);
    context.restore();
    for (const lane of LANES) {
      context.fillStyle = this.colours.get(lane) ?? "white";
      context.fillText(lane, 2, (this.rows.of(lane) + 0.5) * ROW_PX);
    }
  }

  private drawCue(
    context: CanvasRenderingContext2D,
    cue: Cue,
    x: (time_s: number) => number,
    song_s: number,
  ): void {
    const row = this.rows.ofCue(cue);
    if (row < 0) return;
    const [left, right] = [x(cue.start_s), x(cue.end_s)];
    const top = row * ROW_PX + 1;
    const height = ROW_PX - 2;
    const active = cue.start_s <= song_s && song_s < cue.end_s;
    const colour = this.colours.get(cue.region) ?? "white";
    context.globalAlpha = active ? 0.5 : 0.2;
    context.fillStyle = colour;
    context.fillRect(left, top, right - left - 1, height);
    context.globalAlpha = active ? 1 : 0.6;
    context.fillRect(left, top + height * (1 - cue.intensity), 2, height * cue.intensity);
    context.fillStyle = "#fff";
    const label = `${cue.move.replaceAll("_", " ")} ${cue.intensity.toFixed(2).replace(/^0/, "").replace(/0$/, "")}`;
    context.save();
    context.beginPath();
    context.rect(left, top, right - left - 2, height);
    context.clip();
    context.fillText(label, Math.max(left, LABEL_PX) + 6, top + height / 2 + 0.5);
    context.restore();
    context.globalAlpha = 1;
  }
}

function syllableElement({ text, ends_word }: { text: string; ends_word: boolean }): HTMLElement {
  const made = document.createElement("span");
  made.textContent = ends_word ? `${text} ` : text;
  return made;
}

function textOf(line: Line | undefined): string {
  return (line?.syllables ?? []).map(({ text, ends_word }) => (ends_word ? `${text} ` : text)).join("");
}
