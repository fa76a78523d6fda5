/**
 * One step of Catmull-Clark subdivision (Catmull and Clark 1978), kept as a linear map.
 *
 * The head is a coarse mesh of four-sided faces. Refining it once makes lips, lids and the outline round.
 * The rule is linear in the vertices, so blend-shape deltas and colours are refined by the same map, once,
 * at load: blending afterwards gives exactly what refining every frame would give.
 */

/** Faces as vertex numbers, three or four corners each. */
export type Faces = readonly (readonly number[])[];

/**
 * Four-sided faces again, from triangles: 0,1,2 and 0,2,3 share a diagonal that ends the one and begins the
 * other. The first halves must come before, or right before, the second ones. Lone triangles stay.
 */
export function facesFromTriangles(index: ArrayLike<number>, vertexCount: number): number[][] {
  const starts = new Map<number, number>();
  for (let i = 0; i < index.length; i += 3) starts.set(index[i] * vertexCount + index[i + 1], i);
  const taken = new Set<number>();
  const faces: number[][] = [];
  for (let i = 0; i < index.length; i += 3) {
    if (taken.has(i)) continue;
    taken.add(i);
    const [a, b, c] = [index[i], index[i + 1], index[i + 2]];
    const half = starts.get(a * vertexCount + c);
    if (half === undefined || taken.has(half)) {
      faces.push([a, b, c]);
    } else {
      taken.add(half);
      faces.push([a, b, c, index[half + 2]]);
    }
  }
  return faces;
}

/** Triangles of faces, each fanned from its first corner. */
export function trianglesFromFaces(faces: Faces): Uint32Array {
  const triangles: number[] = [];
  for (const face of faces) {
    for (let k = 2; k < face.length; k += 1) triangles.push(face[0], face[k - 1], face[k]);
  }
  return Uint32Array.from(triangles);
}

interface Edge {
  readonly a: number;
  readonly b: number;
  readonly faces: number[];
}

/** The refined mesh: its faces (all four-sided) and the map from coarse to fine values. */
export class Subdivision {
  readonly faces: number[][] = [];
  readonly vertexCount: number;
  private readonly edges: Edge[] = [];
  private readonly facesOf: number[][];
  private readonly edgesOf: number[][];

  /**
   * @param coarse Faces over `coarseCount` vertices.
   * @param coarseCount Number of coarse vertices; they stay the first vertices of the refined mesh.
   */
  constructor(
    private readonly coarse: Faces,
    private readonly coarseCount: number,
  ) {
    this.facesOf = Array.from({ length: coarseCount }, () => []);
    this.edgesOf = Array.from({ length: coarseCount }, () => []);
    const numbers = new Map<number, number>();
    const edgeOf = (a: number, b: number): number => {
      const key = Math.min(a, b) * coarseCount + Math.max(a, b);
      let number = numbers.get(key);
      if (number === undefined) {
        number = this.edges.length;
        numbers.set(key, number);
        this.edges.push({ a, b, faces: [] });
        this.edgesOf[a].push(number);
        this.edgesOf[b].push(number);
      }
      return number;
    };
    const firstEdge = coarseCount + coarse.length;
    coarse.forEach((face, f) => {
      const around = face.map((a, k) => edgeOf(a, face[(k + 1) % face.length]));
      face.forEach((corner, k) => {
        this.edges[around[k]].faces.push(f);
        this.facesOf[corner].push(f);
        const before = around[(k + face.length - 1) % face.length];
        this.faces.push([corner, firstEdge + around[k], coarseCount + f, firstEdge + before]);
      });
    });
    this.vertexCount = firstEdge + this.edges.length;
  }

  /**
   * Carry values of the coarse vertices (positions, deltas, colours) onto the refined ones.
   * @param values `coarseCount * width` numbers.
   */
  refine(values: ArrayLike<number>, width: number): Float32Array {
    const out = new Float32Array(this.vertexCount * width);
    const faceStart = this.coarseCount;
    const edgeStart = faceStart + this.coarse.length;
    for (let c = 0; c < width; c += 1) {
      const at = (vertex: number): number => values[vertex * width + c];
      const fine = (vertex: number): number => out[vertex * width + c];
      this.coarse.forEach((face, f) => {
        let sum = 0;
        for (const corner of face) sum += at(corner);
        out[(faceStart + f) * width + c] = sum / face.length;
      });
      this.edges.forEach(({ a, b, faces }, e) => {
        const ends = at(a) + at(b);
        out[(edgeStart + e) * width + c] =
          faces.length === 2
            ? (ends + fine(faceStart + faces[0]) + fine(faceStart + faces[1])) / 4
            : ends / 2;
      });
      for (let v = 0; v < this.coarseCount; v += 1) out[v * width + c] = this.smoothed(v, at, fine);
    }
    return out;
  }

  /**
   * The same for positions and deltas, but the refined surface passes close to the coarse vertices instead
   * of shrinking away from them, so that lids stay outside the eye and lips keep their fullness. Coarse
   * vertices are moved outwards by what the rule would pull them in, a few times.
   */
  refineThrough(values: Float32Array, width: number): Float32Array {
    const lifted = values.slice();
    for (let pass = 0; pass < 3; pass += 1) {
      const pulled = this.refine(lifted, width);
      for (let i = 0; i < values.length; i += 1) lifted[i] += values[i] - pulled[i];
    }
    return this.refine(lifted, width);
  }

  private smoothed(v: number, at: (v: number) => number, fine: (v: number) => number): number {
    const edges = this.edgesOf[v];
    const rim = edges.filter((e) => this.edges[e].faces.length !== 2);
    const other = (e: number): number => at(this.edges[e].a === v ? this.edges[e].b : this.edges[e].a);
    if (rim.length === 2) return 0.75 * at(v) + 0.125 * (other(rim[0]) + other(rim[1]));
    if (rim.length > 0 || edges.length < 3) return at(v);
    let facePoints = 0;
    for (const f of this.facesOf[v]) facePoints += fine(this.coarseCount + f);
    let midpoints = 0;
    for (const e of edges) midpoints += (at(v) + other(e)) / 2;
    const n = edges.length;
    return (facePoints / n + (2 * midpoints) / n + (n - 3) * at(v)) / n;
  }
}
