/** The singing head: loads it, blends its shapes, turns its neck and eyes. */
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { BlendMesh } from "./blend";
import { findLips, insideOfMouth, type Lips } from "./lips";
import { eyeMaterial, hairMaterial, headUniforms, mouthMaterial, skinMaterial } from "./materials";
import type { Quality } from "./stage";

/** A rotation as axis times angle, in rad; x, y, z as in the wire's hello: +y up, +z out of the face. */
export type AxisAngle = readonly [number, number, number];

/** Everything the head shows in one picture. */
export interface Pose {
  /** ARKit weights by name, 0 to 1. */
  readonly weights: ReadonlyMap<string, number>;
  /** Rotation of everything. */
  readonly whole: AxisAngle;
  /** Rotation of the head on the neck. */
  readonly neck: AxisAngle;
  /** Rotation of the left and the right eye in the head. */
  readonly eyes: readonly [AxisAngle, AxisAngle];
}

export const REST: Pose = { weights: new Map(), whole: [0, 0, 0], neck: [0, 0, 0], eyes: [[0, 0, 0], [0, 0, 0]] };

/** How often the parts are subdivided; others are drawn as they are. */
const LEVELS: Readonly<Record<string, number>> = { skin: 1, teeth_upper: 2, teeth_lower: 2, tongue: 1, torso: 1, shirt: 1 };
const TEETH_BEHIND_LIPS_M = 0.009;
/** Over how much of its lower end and its sides the bust fades out, in m. */
const FADE_M = 0.05;
const EYE_SEGMENTS = 48;
const TONGUE_COLOR = 0xb4575a;
const TEETH_COLOR = 0xe9e0d2;

interface Eye {
  readonly ball: THREE.Object3D;
  /** The ball's rotation, for its shader. */
  readonly look: { value: THREE.Matrix3 };
}

export class Head {
  readonly scene: THREE.Object3D;
  private readonly blended: BlendMesh[] = [];
  private readonly eyes: (Eye | undefined)[] = [undefined, undefined];
  private readonly uniforms = headUniforms();
  private readonly root: THREE.Object3D;
  private readonly neck: THREE.Object3D;
  private readonly lips: Lips;
  private readonly skin: BlendMesh;
  private readonly matrix = new THREE.Matrix4();
  private readonly axis = new THREE.Vector3();

  private constructor(
    scene: THREE.Object3D,
    private readonly quality: Quality,
  ) {
    this.scene = scene;
    scene.updateMatrixWorld(true);
    const parts: THREE.Mesh[] = [];
    scene.traverse((node) => {
      if (node instanceof THREE.Mesh) parts.push(node);
    });
    let skin: BlendMesh | null = null;
    for (const part of parts) {
      if (part.name === "eye_left") this.eyes[0] = this.prepareEye(part);
      else if (part.name === "eye_right") this.eyes[1] = this.prepareEye(part);
      else {
        const blended = this.prepareBlended(part);
        if (part.name === "skin") skin = blended;
      }
    }
    const [root, neck] = [scene.getObjectByName("root"), scene.getObjectByName("neck")];
    if (!skin || !root || !neck) throw new Error("the head lacks a node (skin, root, neck): build it again");
    this.skin = skin;
    this.root = root;
    this.neck = neck;
    this.lips = findLips(skin);
    this.uniforms.lipsZ.value = this.lips.middle[2] - TEETH_BEHIND_LIPS_M;
    skin.geometry.setAttribute("inside", new THREE.BufferAttribute(insideOfMouth(skin, this.lips), 1));
    this.fadeBust(parts);
  }

  /** Load a GLB of named nodes with ARKit-named shapes, as `t2s_rt.face.build_head` makes it. */
  static async load(url: string, quality: Quality): Promise<Head> {
    return new Head((await new GLTFLoader().loadAsync(url)).scene, quality);
  }

  /** Show a pose. */
  show(pose: Pose): void {
    for (const mesh of this.blended) mesh.blend(pose.weights);
    this.turn(this.root, pose.whole);
    this.turn(this.neck, pose.neck);
    this.eyes.forEach((eye, side) => {
      if (!eye) return;
      this.turn(eye.ball, pose.eyes[side]);
      eye.look.value.setFromMatrix4(this.matrix.makeRotationFromQuaternion(eye.ball.quaternion));
    });
  }

  /** Distance between the inner edges of the lips at their middle, in mm, from the blended vertices. */
  mouthOpening(): number {
    return this.lips.distance_mm(this.skin.positions);
  }

  private fadeBust(parts: readonly THREE.Mesh[]): void {
    const box = new THREE.Box3();
    for (const part of parts) box.expandByObject(part, true);
    this.uniforms.fade.value.set(box.min.y + FADE_M / 4, 0.97 * box.max.x, FADE_M);
  }

  private turn(node: THREE.Object3D, rotation: AxisAngle): void {
    const axis = this.axis.set(...rotation);
    const angle = axis.length();
    node.quaternion.setFromAxisAngle(angle > 0 ? axis.divideScalar(angle) : axis.set(1, 0, 0), angle);
  }

  private prepareBlended(part: THREE.Mesh): BlendMesh {
    const names = Object.entries(part.morphTargetDictionary ?? {})
      .sort(([, a], [, b]) => a - b)
      .map(([name]) => name);
    const mesh = new BlendMesh(part.geometry, names, this.quality === "high" ? (LEVELS[part.name] ?? 0) : 0);
    this.blended.push(mesh);
    mesh.geometry.setAttribute("rest", new THREE.BufferAttribute(mesh.rest.slice(), 3).applyMatrix4(part.matrixWorld));
    part.geometry.dispose();
    part.geometry = mesh.geometry;
    part.material = this.materialOf(part.name, mesh.geometry.hasAttribute("color"));
    part.morphTargetInfluences = undefined as never;
    part.frustumCulled = false;
    part.castShadow = part.name === "skin" || part.name === "hair";
    part.receiveShadow = true;
    return mesh;
  }

  private materialOf(name: string, colored: boolean): THREE.Material {
    switch (name) {
      case "skin":
        return skinMaterial(this.uniforms, this.quality === "high", colored);
      case "tongue":
        return mouthMaterial(this.uniforms, colored, TONGUE_COLOR, 0.42);
      case "teeth_upper":
      case "teeth_lower":
        return mouthMaterial(this.uniforms, colored, TEETH_COLOR, 0.22);
      default:
        return hairMaterial(this.uniforms, colored);
    }
  }

  /** A round eye in place of the file's: same centre, same size, its colours from the shader. */
  private prepareEye(part: THREE.Mesh): Eye {
    part.geometry.computeBoundingBox();
    const size = (part.geometry.boundingBox as THREE.Box3).getSize(new THREE.Vector3());
    const look = { value: new THREE.Matrix3() };
    part.geometry.dispose();
    part.geometry = new THREE.SphereGeometry(size.x / 2, EYE_SEGMENTS, EYE_SEGMENTS / 2);
    part.material = eyeMaterial(this.uniforms, look);
    return { ball: part, look };
  }
}
