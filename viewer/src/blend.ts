/**
 * A mesh that blends its shapes on the CPU.
 *
 * Only the shapes that are switched on are added, and each only where it moves something: a sung frame
 * touches some ten thousand numbers. The graphics card, or a software renderer, then draws a plain mesh.
 * Normals are summed from the faces again after each blend, so that lips and lids shade rightly.
 */
import * as THREE from "three";
import { facesFromTriangles, type Faces, Subdivision, trianglesFromFaces } from "./subdivide";

/** Where one shape moves the mesh, for a weight of 1. */
interface SparseShape {
  readonly vertices: Uint32Array;
  readonly deltas: Float32Array;
}

/** What a mesh is made of, over the same vertices. */
interface Surface {
  faces: Faces;
  rest: Float32Array;
  colors: Float32Array | null;
  /** Share of each bone, four a vertex. */
  bones: Float32Array | null;
  deltas: Float32Array[];
}

/** A weight below this moves nothing that can be seen (under 0.02 mm on a jaw). */
const LEAST_WEIGHT = 5e-4;
/** A delta below this, in m, is not kept. */
const LEAST_DELTA_M = 1e-6;

export class BlendMesh {
  /** Positions at rest, in m. */
  readonly rest: Float32Array;
  /** Positions after the last `blend`, in m. */
  readonly positions: Float32Array;
  readonly geometry = new THREE.BufferGeometry();
  private readonly shapes = new Map<string, SparseShape>();
  private readonly normals: Float32Array;
  private readonly corners: Uint32Array;
  private applied = new Map<string, number>();

  /**
   * @param source Geometry with ARKit-named morph targets, as the glTF loader gives it.
   * @param names Name of each morph target, in their order.
   * @param levels How often to subdivide.
   */
  constructor(source: THREE.BufferGeometry, names: readonly string[], levels: number) {
    const surface = readSurface(source);
    for (let level = 0; level < levels; level += 1) subdivide(surface);
    surface.deltas.forEach((shape, k) => this.shapes.set(names[k], sparse(shape)));
    this.rest = surface.rest;
    this.positions = surface.rest.slice();
    this.normals = new Float32Array(surface.rest.length);
    this.corners = quads(surface.faces);
    const dynamic = (array: Float32Array): THREE.BufferAttribute =>
      new THREE.BufferAttribute(array, 3).setUsage(THREE.DynamicDrawUsage);
    this.geometry.setIndex(new THREE.BufferAttribute(trianglesFromFaces(surface.faces), 1));
    this.geometry.setAttribute("position", dynamic(this.positions));
    this.geometry.setAttribute("normal", dynamic(this.normals));
    if (surface.colors) this.geometry.setAttribute("color", new THREE.BufferAttribute(surface.colors, 3));
    if (surface.bones) {
      const numbers = Uint16Array.from({ length: surface.bones.length }, (_, i) => i % 4);
      this.geometry.setAttribute("skinIndex", new THREE.BufferAttribute(numbers, 4));
      this.geometry.setAttribute("skinWeight", new THREE.BufferAttribute(surface.bones, 4));
    }
    this.sumNormals();
  }

  /** How far shape `name` moves `vertex` for a weight of 1, in m; zeros where it does not. */
  deltaOf(name: string, vertex: number): readonly [number, number, number] {
    const shape = this.shapes.get(name);
    const k = shape ? shape.vertices.indexOf(vertex) : -1;
    if (!shape || k < 0) return [0, 0, 0];
    return [shape.deltas[3 * k], shape.deltas[3 * k + 1], shape.deltas[3 * k + 2]];
  }

  /** Add the shapes by weight. Does nothing where no weight of this mesh changed. */
  blend(weights: ReadonlyMap<string, number>): void {
    const active = new Map<string, number>();
    for (const name of this.shapes.keys()) {
      const weight = weights.get(name) ?? 0;
      if (Math.abs(weight) > LEAST_WEIGHT) active.set(name, weight);
    }
    if (same(active, this.applied)) return;
    this.applied = active;
    const out = this.positions;
    out.set(this.rest);
    for (const [name, weight] of active) {
      const { vertices, deltas } = this.shapes.get(name) as SparseShape;
      for (let k = 0, d = 0; k < vertices.length; k += 1, d += 3) {
        const v = 3 * vertices[k];
        out[v] += weight * deltas[d];
        out[v + 1] += weight * deltas[d + 1];
        out[v + 2] += weight * deltas[d + 2];
      }
    }
    this.sumNormals();
    this.geometry.getAttribute("position").needsUpdate = true;
    this.geometry.getAttribute("normal").needsUpdate = true;
  }

  /** Area-weighted vertex normals: the cross product of a face's diagonals, summed at its corners. */
  private sumNormals(): void {
    const { positions: p, normals: n, corners } = this;
    n.fill(0);
    for (let i = 0; i < corners.length; i += 4) {
      const a = 3 * corners[i];
      const b = 3 * corners[i + 1];
      const c = 3 * corners[i + 2];
      const d = 3 * corners[i + 3];
      const ux = p[c] - p[a];
      const uy = p[c + 1] - p[a + 1];
      const uz = p[c + 2] - p[a + 2];
      const vx = p[d] - p[b];
      const vy = p[d + 1] - p[b + 1];
      const vz = p[d + 2] - p[b + 2];
      const x = uy * vz - uz * vy;
      const y = uz * vx - ux * vz;
      const z = ux * vy - uy * vx;
      n[a] += x; n[a + 1] += y; n[a + 2] += z;
      n[b] += x; n[b + 1] += y; n[b + 2] += z;
      n[c] += x; n[c + 1] += y; n[c + 2] += z;
      if (d !== c) { n[d] += x; n[d + 1] += y; n[d + 2] += z; }
    }
    for (let v = 0; v < n.length; v += 3) {
      const length = Math.sqrt(n[v] * n[v] + n[v + 1] * n[v + 1] + n[v + 2] * n[v + 2]) || 1;
      n[v] /= length;
      n[v + 1] /= length;
      n[v + 2] /= length;
    }
  }
}

/** Reads a geometry and joins the vertices that were split along texture seams. */
function readSurface(source: THREE.BufferGeometry): Surface {
  const index = source.index;
  if (!index) throw new Error("the head's meshes need an index");
  const rest = floats(source.getAttribute("position"), 3);
  const colors = source.hasAttribute("color") ? floats(source.getAttribute("color"), 3) : null;
  const bones = source.hasAttribute("skinWeight") ? boneShares(source) : null;
  const deltas = (source.morphAttributes.position ?? []).map((shape) => floats(shape, 3));
  const { kept, renumbered } = welded(rest, deltas);
  const corners = Array.from(index.array, (v) => renumbered[v]);
  return {
    faces: facesFromTriangles(corners, kept.length),
    rest: pick(rest, kept, 3),
    colors: colors && pick(colors, kept, 3),
    bones: bones && pick(bones, kept, 4),
    deltas: deltas.map((shape) => pick(shape, kept, 3)),
  };
}

function subdivide(surface: Surface): void {
  const step = new Subdivision(surface.faces, surface.rest.length / 3);
  surface.faces = step.faces;
  surface.rest = step.refineThrough(surface.rest, 3);
  surface.deltas = surface.deltas.map((shape) => step.refineThrough(shape, 3));
  surface.colors = surface.colors && step.refine(surface.colors, 3);
  surface.bones = surface.bones && step.refine(surface.bones, 4);
}

/** Vertices that lie at one place and move alike are one. */
function welded(rest: Float32Array, deltas: readonly Float32Array[]): { kept: number[]; renumbered: Uint32Array } {
  const numbers = new Map<string, number>();
  const kept: number[] = [];
  const renumbered = new Uint32Array(rest.length / 3);
  for (let v = 0; v < renumbered.length; v += 1) {
    const moves = deltas.map((shape) => shape[3 * v] + 3 * shape[3 * v + 1] + 7 * shape[3 * v + 2]);
    const key = `${rest[3 * v]},${rest[3 * v + 1]},${rest[3 * v + 2]},${moves.join()}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = kept.length;
      numbers.set(key, number);
      kept.push(v);
    }
    renumbered[v] = number;
  }
  return { kept, renumbered };
}

/** Share of bone 0 to 3 for each vertex, from glTF's pairs of number and share. */
function boneShares(source: THREE.BufferGeometry): Float32Array {
  const [numbers, weights] = [source.getAttribute("skinIndex"), source.getAttribute("skinWeight")];
  const shares = new Float32Array(4 * weights.count);
  for (let v = 0; v < weights.count; v += 1) {
    for (let k = 0; k < 4; k += 1) shares[4 * v + numbers.getComponent(v, k)] += weights.getComponent(v, k);
  }
  return shares;
}

/** Corners of all faces, four each; a triangle repeats its last one. */
function quads(faces: Faces): Uint32Array {
  const corners = new Uint32Array(4 * faces.length);
  faces.forEach((face, f) => {
    for (let k = 0; k < 4; k += 1) corners[4 * f + k] = face[Math.min(k, face.length - 1)];
  });
  return corners;
}

function pick(values: Float32Array, kept: readonly number[], width: number): Float32Array {
  const out = new Float32Array(kept.length * width);
  kept.forEach((v, k) => out.set(values.subarray(v * width, (v + 1) * width), k * width));
  return out;
}

/** The first `width` components of each item, as floats (quantised attributes are expanded). */
function floats(attribute: THREE.BufferAttribute | THREE.InterleavedBufferAttribute, width: number): Float32Array {
  const out = new Float32Array(attribute.count * width);
  for (let i = 0; i < attribute.count; i += 1) {
    for (let c = 0; c < width; c += 1) out[i * width + c] = attribute.getComponent(i, c);
  }
  return out;
}

function sparse(deltas: Float32Array): SparseShape {
  const vertices: number[] = [];
  for (let v = 0; v < deltas.length; v += 3) {
    const moved = Math.max(Math.abs(deltas[v]), Math.abs(deltas[v + 1]), Math.abs(deltas[v + 2]));
    if (moved > LEAST_DELTA_M) vertices.push(v / 3);
  }
  const kept = new Float32Array(3 * vertices.length);
  vertices.forEach((v, k) => kept.set(deltas.subarray(3 * v, 3 * v + 3), 3 * k));
  return { vertices: Uint32Array.from(vertices), deltas: kept };
}

function same(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, weight] of a) if (b.get(name) !== weight) return false;
  return true;
}
