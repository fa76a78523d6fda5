// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;

namespace T2S.Face
{
    /// <summary>FLAME's rotations in Unity's coordinates.</summary>
    public static class AxisAngle
    {
        /// <summary>
        /// Axis-angle (right-handed, +z out of the face, +x to the singer's left) to a quaternion of a left-handed
        /// system whose x points the other way: rotations about y and z turn round.
        /// </summary>
        public static void ToUnity(float[] values, int offset, out float x, out float y, out float z, out float w)
        {
            double ax = values[offset], ay = values[offset + 1], az = values[offset + 2];
            double angle = Math.Sqrt(ax * ax + ay * ay + az * az);
            double scale = angle < 1e-6 ? 0.5 : Math.Sin(0.5 * angle) / angle;
            x = (float)(scale * ax);
            y = (float)(-scale * ay);
            z = (float)(-scale * az);
            w = (float)Math.Cos(0.5 * angle);
        }
    }
}
