/** The song's words and motion subtitles as the engine serves them at `/script`. */

export interface Syllable {
  readonly text: string;
  readonly start_s: number;
  readonly end_s: number;
  /** Whether a word ends here, so that a space follows. */
  readonly ends_word: boolean;
}

export interface Line {
  readonly start_s: number;
  readonly end_s: number;
  readonly syllables: readonly Syllable[];
}

export interface Cue {
  readonly start_s: number;
  readonly end_s: number;
  readonly region: string;
  readonly move: string;
  readonly intensity: number;
  readonly text: string;
}

export interface Script {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly cues: readonly Cue[];
}

export const NO_SCRIPT: Script = { title: "", lines: [], cues: [] };

/**
 * What the engine knows of the song now.
 * @throws {Error} The engine does not answer, or with something else.
 */
export async function fetchScript(url: string): Promise<Script> {
  const reply = await fetch(url, { cache: "no-store" });
  if (!reply.ok) throw new Error(`the engine answered ${reply.status}`);
  const script = (await reply.json()) as Partial<Script>;
  return { title: script.title ?? "", lines: script.lines ?? [], cues: script.cues ?? [] };
}

/**
 * Index of the line that is sung at `song_s`, or that comes next; the length of the list after the last.
 * A line stays until the next begins to be near, so that its last word can be read.
 */
export function lineAt(lines: readonly Line[], song_s: number, early_s = 1): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const next = lines[middle + 1];
    const leaves_s = Math.max(lines[middle].end_s, next ? Math.min(next.start_s - early_s, lines[middle].end_s + 2) : 0);
    if (leaves_s <= song_s) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How much of a syllable has been sung at `song_s`, 0 to 1. */
export function sung(syllable: Syllable, song_s: number): number {
  const length_s = Math.max(0.01, syllable.end_s - syllable.start_s);
  return Math.max(0, Math.min(1, (song_s - syllable.start_s) / length_s));
}
