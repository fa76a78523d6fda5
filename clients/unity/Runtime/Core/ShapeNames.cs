// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;

namespace T2S.Face
{
    /// <summary>Finds blend shapes whose names models spell differently.</summary>
    public static class ShapeNames
    {
        /// <summary>
        /// Position of an ARKit name among a mesh's: letter case, a prefix that ends with a dot or an underscore
        /// ("Face.jawOpen") and _L / _R for Left / Right do not matter.
        /// </summary>
        /// <returns>-1 where it is not there.</returns>
        public static int Find(string[] names, string arkit)
        {
            for (int i = 0; i < names.Length; i++) if (names[i] == arkit) return i;
            for (int i = 0; i < names.Length; i++) if (Same(names[i], arkit)) return i;
            return -1;
        }

        private static bool Same(string name, string arkit)
        {
            if (Ends(name, arkit)) return true;
            string side = arkit.EndsWith("Left") ? "Left" : arkit.EndsWith("Right") ? "Right" : "";
            if (side.Length == 0) return false;
            string stem = arkit.Substring(0, arkit.Length - side.Length);
            return Ends(name, stem + "_" + side[0]);
        }

        private static bool Ends(string name, string ending)
        {
            if (!name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return false;
            int rest = name.Length - ending.Length;
            return rest == 0 || name[rest - 1] == '.' || name[rest - 1] == '_';
        }
    }
}
