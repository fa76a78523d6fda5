/** The studio: renderer, camera and light. */
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

export type Quality = "high" | "low";

/** What the machine draws well: "low" where WebGL runs on the processor, because every pixel costs there. */
export function chooseQuality(): Quality {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) throw new Error("This browser has no WebGL 2: turn on hardware acceleration or use another.");
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name) ? "low" : "high";
}

/** Most pixels that a software renderer has to fill. */
const LOW_PIXELS = 350_000;
const FIELD_OF_VIEW_DEG = 22;
/** Height and width in m that the picture always shows, and how far below the top of the head its middle lies. */
const FRAMED_M = { height: 0.34, width: 0.26, middle: 0.148 };

export class Stage {
  readonly scene = new THREE.Scene();
  readonly camera = new THREE.PerspectiveCamera(FIELD_OF_VIEW_DEG, 1, 0.1, 10);
  readonly renderer: THREE.WebGLRenderer;
  private readonly controls: OrbitControls;
  private readonly target = new THREE.Vector3(0, 0.705, 0.05);

  /** @param canvas Where to draw; what lies behind it shows through where there is no head. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    readonly quality: Quality,
  ) {
    const high = quality === "high";
    this.renderer = new THREE.WebGLRenderer({ canvas, alpha: true, antialias: high, powerPreference: "high-performance" });
    this.renderer.setClearColor(0x000000, 0);
    this.renderer.toneMapping = THREE.ACESFilmicToneMapping;
    this.renderer.toneMappingExposure = 1.12;
    this.renderer.shadowMap.enabled = high;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    if (high) {
      this.scene.environment = softboxes(this.renderer);
      this.scene.environmentIntensity = 0.55;
    }
    this.addLights(high);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.target.copy(this.target);
    this.controls.enablePan = false;
    this.controls.enableDamping = true;
    this.controls.minAzimuthAngle = -1.2;
    this.controls.maxAzimuthAngle = 1.2;
    this.controls.minPolarAngle = 1.0;
    this.controls.maxPolarAngle = 2.0;
    this.resetView();
    canvas.addEventListener("dblclick", () => this.resetView());
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  /** Show a scene object, with the picture's middle just below its top. */
  show(object: THREE.Object3D): void {
    this.scene.add(object);
    const box = new THREE.Box3().setFromObject(object, true);
    this.target.y = box.max.y - FRAMED_M.middle;
    this.controls.target.copy(this.target);
    this.resetView();
  }

  /** Draw one picture. */
  draw(): void {
    this.controls.update();
    this.renderer.render(this.scene, this.camera);
  }

  /** Back to the view from the front. */
  resetView(): void {
    this.camera.position.set(0, this.target.y + 0.012, this.target.z + this.distance());
    this.controls.minDistance = this.distance() * 0.45;
    this.controls.maxDistance = this.distance() * 1.8;
    this.controls.update();
  }

  /** Where the camera must stand so that the whole head is in the picture, in m. */
  private distance(): number {
    const half = Math.tan(THREE.MathUtils.degToRad(FIELD_OF_VIEW_DEG / 2));
    return Math.max(FRAMED_M.height / 2 / half, FRAMED_M.width / 2 / (half * this.camera.aspect)) + 0.08;
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    const fit = Math.sqrt(LOW_PIXELS / (clientWidth * clientHeight));
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, this.quality === "low" ? Math.min(1, fit) : 2));
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    this.camera.updateProjectionMatrix();
    this.resetView();
  }

  /** Key, fill and rims; in low quality one rim and a stronger sky stand in for reflections and the other rim. */
  private addLights(high: boolean): void {
    const key = new THREE.DirectionalLight(0xfff0e0, 2.5);
    key.position.set(-0.55, 1.25, 0.95);
    key.target.position.set(0, 0.7, 0.06);
    key.castShadow = true;
    key.shadow.mapSize.set(2048, 2048);
    Object.assign(key.shadow.camera, { left: -0.22, right: 0.22, top: 0.24, bottom: -0.24, near: 0.4, far: 2 });
    key.shadow.radius = 5;
    key.shadow.bias = -0.0008;
    key.shadow.normalBias = 0.0025;
    const fill = new THREE.DirectionalLight(0xc9d8ff, 0.55);
    fill.position.set(1.1, 0.8, 0.9);
    const rimLeft = new THREE.DirectionalLight(0x9fc4ff, 2.0);
    rimLeft.position.set(1.0, 1.15, -0.95);
    const rimRight = new THREE.DirectionalLight(0xffb98a, 1.0);
    rimRight.position.set(-1.1, 0.85, -0.8);
    const sky = new THREE.HemisphereLight(0xbfd0ff, 0x3a2a24, high ? 0.35 : 0.9);
    for (const light of [fill, rimLeft, rimRight]) light.target = key.target;
    this.scene.add(key, key.target, rimLeft, sky);
    if (high) this.scene.add(fill, rimRight);
  }
}

/** Light from all around, for reflections: a dark room with three soft boxes. */
function softboxes(renderer: THREE.WebGLRenderer): THREE.Texture {
  const room = new THREE.Scene();
  room.add(box(0x14161c, 1, [10, 10, 10], [0, 0, 0], THREE.BackSide));
  room.add(box(0xfff2e2, 9, [2.2, 2.2, 0.1], [-2.6, 2.6, 3.4], THREE.FrontSide));
  room.add(box(0xcfe0ff, 2.2, [1.2, 3.5, 0.1], [4.2, 0.6, 2.2], THREE.FrontSide));
  room.add(box(0xffffff, 4, [4, 0.1, 3], [0, 4.6, -0.6], THREE.FrontSide));
  const generator = new THREE.PMREMGenerator(renderer);
  const texture = generator.fromScene(room, 0.03).texture;
  generator.dispose();
  return texture;
}

function box(
  color: number,
  strength: number,
  size: readonly [number, number, number],
  at: readonly [number, number, number],
  side: THREE.Side,
): THREE.Mesh {
  const material = new THREE.MeshBasicMaterial({ color: new THREE.Color(color).multiplyScalar(strength), side });
  const mesh = new THREE.Mesh(new THREE.BoxGeometry(...size), material);
  mesh.position.set(...at);
  mesh.lookAt(0, 0, 0);
  return mesh;
}
