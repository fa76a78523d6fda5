/** Below the head: the words that are sung, and four lanes with what the motion subtitles ask for. */
import { element } from "./panel";
import { type Cue, type Line, lineAt, NO_SCRIPT, type Script, sung } from "./script";

const LANES = ["brows", "eyes", "mouth", "neck"] as const;
/** The lanes show this much of the song, in s, and this share of it lies in the past. */
const SHOWN_S = 9;
const PAST_SHARE = 0.22;
const LANE_PX = 22;
const LABEL_PX = 46;

export class Prompter {
  private script: Script = NO_SCRIPT;
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
    LANES.forEach((lane, row) => {
      context.fillStyle = this.colours.get(lane) ?? "white";
      context.fillText(lane, 2, (row + 0.5) * LANE_PX);
    });
  }

  private drawCue(
    context: CanvasRenderingContext2D,
    cue: Cue,
    x: (time_s: number) => number,
    song_s: number,
  ): void {
    const row = LANES.indexOf(cue.region as (typeof LANES)[number]);
    if (row < 0) return;
    const [left, right] = [x(cue.start_s), x(cue.end_s)];
    const top = row * LANE_PX + 2;
    const active = cue.start_s <= song_s && song_s < cue.end_s;
    const colour = this.colours.get(cue.region) ?? "white";
    context.globalAlpha = active ? 0.5 : 0.2;
    context.fillStyle = colour;
    context.fillRect(left, top, right - left - 1, LANE_PX - 4);
    context.globalAlpha = active ? 1 : 0.6;
    context.fillRect(left, top + (LANE_PX - 4) * (1 - cue.intensity), 2, (LANE_PX - 4) * cue.intensity);
    context.fillStyle = "#fff";
    const label = `${cue.move.replaceAll("_", " ")} ${cue.intensity.toFixed(2).replace(/^0/, "").replace(/0$/, "")}`;
    context.save();
    context.beginPath();
    context.rect(left, top, right - left - 2, LANE_PX);
    context.clip();
    context.fillText(label, Math.max(left, LABEL_PX) + 6, top + LANE_PX / 2 - 1.5);
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
