/**
 * Skin, eyes, teeth and hair: three.js standard materials with a few lines of shader each.
 *
 * Nothing is loaded: what a texture would hold (pores, iris, tone) is computed from the position at rest.
 */
import * as THREE from "three";

/** What materials of the head share and the stage sets. */
export interface HeadUniforms {
  /** Where the bust has faded out: its lowest height and its half width, in m; and over how much it does. */
  readonly fade: { value: THREE.Vector3 };
  /** Depth in m (along z at rest) of the front teeth; further back it gets darker. */
  readonly lipsZ: { value: number };
  /** Pupil radius as a share of the iris radius. */
  readonly pupil: { value: number };
}

export function headUniforms(): HeadUniforms {
  return {
    fade: { value: new THREE.Vector3(0, 0.2, 0.05) },
    lipsZ: { value: 0.15 },
    pupil: { value: 0.4 },
  };
}

type Shader = Parameters<THREE.Material["onBeforeCompile"]>[0];

const NOISE = /* glsl */ `
  float hash3(vec3 p) {
    p = fract(p * vec3(0.1031, 0.1030, 0.0973));
    p += dot(p, p.yxz + 33.33);
    return fract((p.x + p.y) * p.z);
  }
  float noise3(vec3 p) {
    vec3 cell = floor(p);
    vec3 f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    vec4 near = vec4(hash3(cell), hash3(cell + vec3(1, 0, 0)), hash3(cell + vec3(0, 1, 0)), hash3(cell + vec3(1, 1, 0)));
    vec4 far = vec4(hash3(cell + vec3(0, 0, 1)), hash3(cell + vec3(1, 0, 1)), hash3(cell + vec3(0, 1, 1)), hash3(cell + vec3(1, 1, 1)));
    vec4 z = mix(near, far, f.z);
    vec2 y = mix(z.xy, z.zw, f.y);
    return mix(y.x, y.y, f.x);
  }
`;

/** Passes the position at rest to the fragment shader, and fades the bust out at its lower end. */
function carryRest(shader: Shader, uniforms: HeadUniforms): void {
  shader.uniforms.uFade = uniforms.fade;
  shader.uniforms.uLipsZ = uniforms.lipsZ;
  shader.vertexShader = shader.vertexShader
    .replace("#include <common>", "#include <common>\nattribute vec3 rest;\nvarying vec3 vRest;")
    .replace("#include <begin_vertex>", "#include <begin_vertex>\nvRest = rest;");
  shader.fragmentShader = shader.fragmentShader
    .replace(
      "#include <common>",
      `#include <common>\nvarying vec3 vRest;\nuniform vec3 uFade;\nuniform float uLipsZ;\n${NOISE}`,
    )
    .replace(
      "#include <dithering_fragment>",
      `#include <dithering_fragment>
       gl_FragColor *= smoothstep(0.0, uFade.z, vRest.y - uFade.x) * smoothstep(0.0, 1.2 * uFade.z, uFade.y - abs(vRest.x));`,
    );
}

const DIRECT_LIGHT = THREE.ShaderChunk.lights_physical_pars_fragment;
const IRRADIANCE = "vec3 irradiance = dotNL * directLight.color;";
const DIFFUSE = "reflectedLight.directDiffuse += irradiance *";

/**
 * Diffuse light that wraps round the terminator, red furthest: a cheap stand-in for light that scatters
 * in the skin (the idea of pre-integrated skin shading, Penner 2011). And lights from behind, which cast
 * no shadow, do not shine through the cheeks into the mouth.
 * @param wrap How far light wraps, red, green and blue.
 * @param inside GLSL: how much a point lies inside the mouth, 0 to 1.
 */
function shapeLight(shader: Shader, wrap: string, inside: string): void {
  if (!DIRECT_LIGHT.includes(IRRADIANCE) || !DIRECT_LIGHT.includes(DIFFUSE)) {
    throw new Error("three.js changed its lighting shader: adapt shapeLight");
  }
  const enters = `float enters = mix(1.0, smoothstep(0.0, 0.4, inverseTransformDirection(directLight.direction, viewMatrix).z), ${inside});`;
  shader.fragmentShader = shader.fragmentShader.replace(
    "#include <lights_physical_pars_fragment>",
    DIRECT_LIGHT.replace(IRRADIANCE, `${enters}\nvec3 irradiance = enters * dotNL * directLight.color;`).replace(
      DIFFUSE,
      `vec3 wrapped = clamp((vec3(dot(geometryNormal, directLight.direction)) + ${wrap}) / (1.0 + ${wrap}), 0.0, 1.0);
       reflectedLight.directDiffuse += enters * wrapped * directLight.color *`,
    ),
  );
}

/** What reaches a point inside the mouth: less, the further it lies behind the lips. */
const MOUTH_SHADE = "mix(0.05, 1.0, exp(-max(uLipsZ - vRest.z, 0.0) * 50.0))";

/** Skin. @param detail Whether to add pores and mottling (costs a software renderer a third). */
export function skinMaterial(uniforms: HeadUniforms, detail: boolean, colored: boolean): THREE.Material {
  const material = new THREE.MeshStandardMaterial({
    color: colored ? 0xffffff : 0xc98d72,
    vertexColors: colored,
    roughness: 0.52,
    envMapIntensity: 0.8,
    side: THREE.DoubleSide,
  });
  material.onBeforeCompile = (shader) => {
    carryRest(shader, uniforms);
    shapeLight(shader, "vec3(0.17, 0.08, 0.06)", "vInside");
    shader.vertexShader = shader.vertexShader
      .replace("#include <common>", "#include <common>\nattribute float inside;\nvarying float vInside;")
      .replace("#include <begin_vertex>", "#include <begin_vertex>\nvInside = inside;");
    shader.fragmentShader = shader.fragmentShader
      .replace("#include <common>", "#include <common>\nvarying float vInside;")
      .replace(
        "#include <opaque_fragment>",
        `outgoingLight *= mix(1.0, 0.8 * ${MOUTH_SHADE}, vInside);\n#include <opaque_fragment>`,
      );
    if (!detail) return;
    shader.fragmentShader = shader.fragmentShader
      .replace(
        "#include <color_fragment>",
        `#include <color_fragment>
         float mottle = noise3(vRest * 260.0) * 0.6 + noise3(vRest * 700.0) * 0.4 - 0.5;
         diffuseColor.rgb *= 1.0 + vec3(0.05, 0.10, 0.10) * mottle;`,
      )
      .replace(
        "#include <normal_fragment_maps>",
        `#include <normal_fragment_maps>
         float pores = noise3(vRest * 1500.0) + 0.5 * noise3(vRest * 3200.0);
         vec3 acrossX = dFdx(-vViewPosition);
         vec3 acrossY = dFdy(-vViewPosition);
         vec2 slope = vec2(dFdx(pores), dFdy(pores)) * 0.00004;
         vec3 r1 = cross(acrossY, normal);
         vec3 r2 = cross(normal, acrossX);
         float area = dot(acrossX, r1);
         normal = normalize(abs(area) * normal - sign(area) * (slope.x * r1 + slope.y * r2));`,
      )
      .replace(
        "#include <roughnessmap_fragment>",
        `#include <roughnessmap_fragment>
         roughnessFactor *= 0.92 + 0.2 * noise3(vRest * 900.0);`,
      );
  };
  return material;
}

/** Teeth, gums and tongue: darker the further behind the lips, where light does not reach. */
export function mouthMaterial(
  uniforms: HeadUniforms,
  colored: boolean,
  color: number,
  roughness: number,
): THREE.Material {
  const material = new THREE.MeshStandardMaterial({
    color: colored ? 0xffffff : color,
    vertexColors: colored,
    roughness,
    envMapIntensity: 0.5,
    side: THREE.DoubleSide,
  });
  material.onBeforeCompile = (shader) => {
    carryRest(shader, uniforms);
    shapeLight(shader, "vec3(0.3, 0.25, 0.2)", "1.0");
    shader.fragmentShader = shader.fragmentShader.replace(
      "#include <opaque_fragment>",
      `outgoingLight *= ${MOUTH_SHADE};\n#include <opaque_fragment>`,
    );
  };
  return material;
}

/** Lashes, brows and hair. */
export function hairMaterial(uniforms: HeadUniforms, colored: boolean): THREE.Material {
  const material = new THREE.MeshStandardMaterial({
    color: colored ? 0xffffff : 0x1c1210,
    vertexColors: colored,
    roughness: 0.7,
    envMapIntensity: 0.4,
    side: THREE.DoubleSide,
  });
  material.onBeforeCompile = (shader) => carryRest(shader, uniforms);
  return material;
}

/**
 * An eye on a sphere round the origin that looks along +z: white, limbus, iris and pupil are functions of the
 * angle to the axis. The iris lies behind a cornea: the line of sight is bent and followed to its plane.
 * @param look The eye's rotation in the head, so that the lids' shade stays with the head.
 */
export function eyeMaterial(uniforms: HeadUniforms, look: { value: THREE.Matrix3 }): THREE.Material {
  const material = new THREE.MeshPhysicalMaterial({
    roughness: 0.28,
    envMapIntensity: 0.3,
    clearcoat: 1,
    clearcoatRoughness: 0.07,
  });
  material.onBeforeCompile = (shader) => {
    shader.uniforms.uPupil = uniforms.pupil;
    shader.uniforms.uLook = look;
    shader.vertexShader = shader.vertexShader
      .replace("#include <common>", "#include <common>\nvarying vec3 vBall;\nvarying vec3 vSight;\nvarying vec3 vHead;\nuniform mat3 uLook;")
      .replace(
        "#include <project_vertex>",
        `#include <project_vertex>
         vBall = normalize(position);
         vHead = uLook * vBall;
         vSight = (inverse(modelMatrix) * vec4(cameraPosition, 1.0)).xyz - position;`,
      );
    shader.fragmentShader = shader.fragmentShader
      .replace(
        "#include <common>",
        `#include <common>\nvarying vec3 vBall;\nvarying vec3 vSight;\nvarying vec3 vHead;\nuniform float uPupil;\n${NOISE}`,
      )
      .replace(
        "#include <color_fragment>",
        `#include <color_fragment>
         const float IRIS = 0.46;
         const float PLANE = 0.84;
         vec3 ball = normalize(vBall);
         vec3 bent = refract(-normalize(vSight), ball, 1.0 / 1.336);
         vec3 onIris = ball + bent * ((PLANE - ball.z) / min(bent.z, -0.2));
         float outer = length(ball.xy);
         float radius = ball.z > 0.0 ? mix(outer, length(onIris.xy), 0.55) / IRIS : 9.0;
         float angle = atan(onIris.y, onIris.x);
         float fibre = noise3(vec3(cos(angle) * 9.0, sin(angle) * 9.0, radius * 1.3))
                     * 0.6 + 0.4 * noise3(vec3(cos(angle) * 24.0, sin(angle) * 24.0, radius * 3.0));
         vec3 iris = mix(vec3(0.26, 0.15, 0.06), vec3(0.07, 0.125, 0.14), smoothstep(0.42, 0.75, radius));
         iris *= 0.55 + 0.95 * fibre;
         iris *= 1.0 - 0.75 * smoothstep(0.82, 1.0, radius);
         iris *= smoothstep(uPupil - 0.05, uPupil + 0.05, radius);
         float veins = smoothstep(0.55, 0.9, noise3(ball * 22.0)) * smoothstep(0.5, 1.0, outer);
         vec3 white = mix(vec3(0.80, 0.765, 0.735), vec3(0.66, 0.42, 0.37), 0.28 * veins + 0.35 * smoothstep(0.62, 0.98, outer));
         diffuseColor.rgb = mix(iris, white, smoothstep(0.93, 1.07, radius));`,
      )
      .replace(
        "#include <opaque_fragment>",
        `// Shade under the upper lid and in the corners.
         outgoingLight *= mix(0.22, 1.0, smoothstep(0.52, 0.0, vHead.y)) * mix(1.0, 0.55, smoothstep(0.45, 0.85, abs(vHead.x)));
         #include <opaque_fragment>`,
      );
  };
  return material;
}
