/** Finds the inner edges of the lips in the mesh itself, so that the page can say how far the mouth is open. */
import type { BlendMesh } from "./blend";

export interface Lips {
  /** The vertex at the middle of the upper lip's inner edge. */
  readonly upper: number;
  /** The vertex at the middle of the lower lip's inner edge. */
  readonly lower: number;
  /** Where the lips meet at rest, in m. */
  readonly middle: readonly [number, number, number];
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
  const seam = [0, (rest[3 * u + 1] + rest[3 * l + 1]) / 2, rest[3 * u + 2]] as const;
  return { upper: u, lower: l, middle: seam, distance_mm: (p) => 1000 * distance(p, u, l) };
}

/** The mouth's inside begins this far behind where the lips meet, and its wall lies this near its middle, in m. */
const BEHIND_M = 0.002;
const CAVITY = { middleBehind_m: 0.03, reach_m: 0.055, halfHeight_m: 0.035 };

/** For each vertex of the skin 1 inside the mouth and 0 elsewhere: walls that face the middle of the cavity. */
export function insideOfMouth(skin: BlendMesh, lips: Lips): Float32Array {
  const { rest } = skin;
  const normals = skin.geometry.getAttribute("normal");
  const [, y, z] = lips.middle;
  const inside = new Float32Array(rest.length / 3);
  for (let v = 0; v < inside.length; v += 1) {
    const behind = z - BEHIND_M - rest[3 * v + 2];
    const [dx, dy, dz] = [-rest[3 * v], y - rest[3 * v + 1], z - CAVITY.middleBehind_m - rest[3 * v + 2]];
    const far = Math.hypot(dx, dy, dz);
    if (behind < 0 || far > CAVITY.reach_m || Math.abs(dy) > CAVITY.halfHeight_m) continue;
    const facing = (dx * normals.getX(v) + dy * normals.getY(v) + dz * normals.getZ(v)) / far;
    inside[v] = facing > 0 ? Math.min(1, behind / 0.004) : 0;
  }
  return inside;
}

function distance(p: Float32Array, a: number, b: number): number {
  return Math.hypot(p[3 * a] - p[3 * b], p[3 * a + 1] - p[3 * b + 1], p[3 * a + 2] - p[3 * b + 2]);
}

function length([x, y, z]: readonly [number, number, number]): number {
  return Math.hypot(x, y, z);
}
