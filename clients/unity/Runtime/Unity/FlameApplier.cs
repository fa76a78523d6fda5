// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using UnityEngine;

namespace T2S.Face
{
    /// <summary>
    /// Moves a FLAME head: expression coefficients as blend shapes named with their number ("exp_0", "Exp001"),
    /// jaw, neck and eyes as bones, whichever way those lie. Coefficients mean something only with the head of the
    /// engine's basis. The face must look along this object's +z while the first frame comes.
    /// </summary>
    [AddComponentMenu("T2S/FLAME Applier")]
    public sealed class FlameApplier : FaceApplier
    {
        public SkinnedMeshRenderer mesh;
        [Tooltip("What stands before the number in the names of the expression shapes.")]
        public string prefix = "exp_";
        [Tooltip("The number of the first expression shape.")]
        public int first = 0;
        [Tooltip("The weight of a shape at coefficient 1.")]
        public float weightOfOne = 100f;
        public Transform head, neck, jaw, leftEye, rightEye;

        private Hello known;
        private int[] shapes = new int[0];
        private readonly Quaternion[] rest = new Quaternion[5];
        private readonly Quaternion[] lie = new Quaternion[5]; // of the bones against this object, at rest

        public override void Apply(Hello hello, Frame frame)
        {
            if (!ReferenceEquals(hello, known)) Find(hello);
            if (frame.Flame.Length != hello.FlameSize) return;
            int offset, size;
            if (mesh != null && hello.FlamePart("expression", out offset, out size))
                for (int i = 0; i < shapes.Length && i < size; i++)
                    if (shapes[i] >= 0) mesh.SetBlendShapeWeight(shapes[i], weightOfOne * frame.Flame[offset + i]);
            Turn(hello, frame, "global_pose", 0, head, 0);
            Turn(hello, frame, "neck_pose", 0, neck, 1);
            Turn(hello, frame, "jaw_pose", 0, jaw, 2);
            Turn(hello, frame, "eyes_pose", 0, leftEye, 3);
            Turn(hello, frame, "eyes_pose", 3, rightEye, 4);
        }

        private void Turn(Hello hello, Frame frame, string part, int skip, Transform bone, int slot)
        {
            int offset, size;
            if (bone == null || !hello.FlamePart(part, out offset, out size)) return;
            float x, y, z, w;
            AxisAngle.ToUnity(frame.Flame, offset + skip, out x, out y, out z, out w);
            Quaternion turn = new Quaternion(x, y, z, w);
            bone.localRotation = rest[slot] * Quaternion.Inverse(lie[slot]) * turn * lie[slot];
        }

        private void Find(Hello hello)
        {
            int offset, size;
            hello.FlamePart("expression", out offset, out size);
            shapes = new int[size];
            for (int i = 0; i < size; i++)
                shapes[i] = mesh == null ? -1 : mesh.sharedMesh.GetBlendShapeIndex(prefix + (first + i));
            if (known == null)
            {
                Transform[] bones = { head, neck, jaw, leftEye, rightEye };
                for (int i = 0; i < bones.Length; i++)
                {
                    if (bones[i] == null) continue;
                    rest[i] = bones[i].localRotation;
                    lie[i] = Quaternion.Inverse(transform.rotation) * bones[i].rotation;
                }
            }
            known = hello;
        }
    }
}
