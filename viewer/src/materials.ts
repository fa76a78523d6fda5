/**
 * Skin, eyes, teeth and hair: three.js standard materials with a few lines of shader each.
 *
 * Nothing is loaded: what a texture would hold (pores, iris, tone) is computed from the position at rest.
 */
import * as THREE from "three";

/** What materials of the head share and the stage sets. */
export interface HeadUniforms {
  /** Height in m below which the neck fades out, and over how much. */
  readonly fade: { value: THREE.Vector2 };
  /** Depth in m (along z at rest) where the lips part; further back it gets darker. */
  readonly lipsZ: { value: number };
  /** Pupil radius as a share of the iris radius. */
  readonly pupil: { value: number };
}

export function headUniforms(): HeadUniforms {
  return {
    fade: { value: new THREE.Vector2(0, 0.05) },
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

/** Passes the position at rest to the fragment shader, and fades the neck into the background. */
function carryRest(shader: Shader, uniforms: HeadUniforms): void {
  shader.uniforms.uFade = uniforms.fade;
  shader.uniforms.uLipsZ = uniforms.lipsZ;
  shader.vertexShader = shader.vertexShader
    .replace("#include <common>", "#include <common>\nattribute vec3 rest;\nvarying vec3 vRest;")
    .replace("#include <begin_vertex>", "#include <begin_vertex>\nvRest = rest;");
  shader.fragmentShader = shader.fragmentShader
    .replace(
      "#include <common>",
      `#include <common>\nvarying vec3 vRest;\nuniform vec2 uFade;\nuniform float uLipsZ;\n${NOISE}`,
    )
    .replace(
      "#include <dithering_fragment>",
      "#include <dithering_fragment>\ngl_FragColor *= smoothstep(uFade.x, uFade.x + uFade.y, vRest.y);",
    );
}

/**
 * Diffuse light that wraps round the terminator, red furthest: a cheap stand-in for light that scatters
 * in the skin (the idea of pre-integrated skin shading, Penner 2011).
 */
function wrapDiffuse(shader: Shader, wrap: string): void {
  const direct = THREE.ShaderChunk.lights_physical_pars_fragment;
  const search = "reflectedLight.directDiffuse += irradiance *";
  if (!direct.includes(search)) throw new Error("three.js changed its lighting shader: adapt wrapDiffuse");
  shader.fragmentShader = shader.fragmentShader.replace(
    "#include <lights_physical_pars_fragment>",
    direct.replace(
      search,
      `vec3 wrapped = clamp((vec3(dot(geometryNormal, directLight.direction)) + ${wrap}) / (1.0 + ${wrap}), 0.0, 1.0);
       reflectedLight.directDiffuse += wrapped * directLight.color *`,
    ),
  );
}

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
    wrapDiffuse(shader, "vec3(0.22, 0.09, 0.06)");
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
    shader.fragmentShader = shader.fragmentShader.replace(
      "#include <opaque_fragment>",
      `outgoingLight *= mix(0.06, 0.9, exp(-max(uLipsZ - vRest.z, 0.0) * 55.0));
       #include <opaque_fragment>`,
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
    envMapIntensity: 0.7,
    clearcoat: 1,
    clearcoatRoughness: 0.03,
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
         vec3 iris = mix(vec3(0.30, 0.17, 0.07), vec3(0.09, 0.16, 0.17), smoothstep(0.42, 0.75, radius));
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
         outgoingLight *= mix(0.28, 1.0, smoothstep(0.62, -0.05, vHead.y)) * mix(1.0, 0.55, smoothstep(0.45, 0.85, abs(vHead.x)));
         #include <opaque_fragment>`,
      );
  };
  return material;
}
