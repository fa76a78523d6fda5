/** Finds the inner edges of the lips in the mesh itself, so that the page can say how far the mouth is open. */
import type { BlendMesh } from "./blend";

export interface Lips {
  /** The vertex at the middle of the upper lip's inner edge. */
  readonly upper: number;
  /** The vertex at the middle of the lower lip's inner edge. */
  readonly lower: number;
  /** Depth of the lips at rest, in m. */
  readonly z_m: number;
  /** Distance of the two vertices in blended positions, in mm. */
  distance_mm(positions: Float32Array): number;
}

/** Half width of the strip along the face's middle that is searched, in m. */
const MIDDLE_M = 0.003;
/** A vertex of the lower lip falls at least this much of the greatest fall when the jaw opens. */
const FALLS = 0.6;

/**
 * The lips meet where, in the middle of the face, a vertex that falls with the jaw is nearest to one that
 * does not, among those that `mouthClose` moves.
 */
export function findLips(skin: BlendMesh): Lips {
  const upper: number[] = [];
  const lower: number[] = [];
  const { rest } = skin;
  const middle: number[] = [];
  for (let v = 0; v < rest.length / 3; v += 1) {
    if (Math.abs(rest[3 * v]) < MIDDLE_M && length(skin.deltaOf("mouthClose", v)) > 1e-4) middle.push(v);
  }
  const falls = middle.map((v) => -skin.deltaOf("jawOpen", v)[1]);
  const most = Math.max(...falls);
  middle.forEach((v, k) => (falls[k] > FALLS * most ? lower : upper).push(v));
  let best: { u: number; l: number; far: number } | null = null;
  for (const u of upper) {
    for (const l of lower) {
      // Prefer the front of the lips to the back of the mouth, where the two also meet.
      const far = distance(rest, u, l) + 0.5 * (0.3 - rest[3 * u + 2]);
      if (!best || far < best.far) best = { u, l, far };
    }
  }
  if (!best) throw new Error('the head\'s skin needs the shapes "jawOpen" and "mouthClose": build the head again');
  const { u, l } = best;
  return { upper: u, lower: l, z_m: rest[3 * u + 2], distance_mm: (p) => 1000 * distance(p, u, l) };
}

function distance(p: Float32Array, a: number, b: number): number {
  return Math.hypot(p[3 * a] - p[3 * b], p[3 * a + 1] - p[3 * b + 1], p[3 * a + 2] - p[3 * b + 2]);
}

function length([x, y, z]: readonly [number, number, number]): number {
  return Math.hypot(x, y, z);
}
