/** From frames to poses: reads the streams by the names of the hello. */
import type { AxisAngle, Pose } from "./head";
import { between, type Moment } from "./playback";
import type { Hello } from "./protocol";

export class Singer {
  private readonly weights = new Map<string, number>();
  private readonly offsets: ReadonlyMap<string, number>;

  constructor(private readonly hello: Hello) {
    this.offsets = new Map(hello.flame.parts.map(({ name, offset }) => [name, offset]));
  }

  /** The pose at a moment. The map of weights is the same object each time. */
  pose({ older, newer, share }: Moment): Pose {
    this.hello.arkit.forEach((name, i) => {
      this.weights.set(name, between(older.arkit, newer.arkit, share, i));
    });
    const rotation = (part: string, from: number): AxisAngle => {
      const offset = this.offsets.get(part);
      if (offset === undefined) return [0, 0, 0];
      const at = (axis: number): number => between(older.flame, newer.flame, share, offset + from + axis);
      return [at(0), at(1), at(2)];
    };
    return {
      weights: this.weights,
      whole: rotation("global_pose", 0),
      neck: rotation("neck_pose", 0),
      eyes: [rotation("eyes_pose", 0), rotation("eyes_pose", 3)],
    };
  }

  /** Intensities at a moment, in the order of the hello. */
  actions({ older, newer, share }: Moment, out: Float32Array): void {
    for (let k = 0; k < out.length; k += 1) out[k] = between(older.actions, newer.actions, share, k);
  }
}
