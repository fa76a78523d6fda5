// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;
using UnityEngine;

namespace T2S.Face
{
    /// <summary>Moves ARKit blend shapes of skinned meshes, found by their names.</summary>
    [AddComponentMenu("T2S/ARKit Applier")]
    public sealed class ArkitApplier : FaceApplier
    {
        [Tooltip("Meshes to move; all below this object where empty.")]
        public SkinnedMeshRenderer[] meshes = new SkinnedMeshRenderer[0];
        [Tooltip("The weight of a blend shape that is fully on: 100 in most models.")]
        public float fullWeight = 100f;

        private Hello known;
        private int[][] shapes;

        public override void Apply(Hello hello, Frame frame)
        {
            if (!ReferenceEquals(hello, known)) Find(hello);
            for (int m = 0; m < meshes.Length; m++)
            {
                int[] found = shapes[m];
                for (int i = 0; i < found.Length && i < frame.Arkit.Length; i++)
                    if (found[i] >= 0) meshes[m].SetBlendShapeWeight(found[i], fullWeight * frame.Arkit[i]);
            }
        }

        private void Find(Hello hello)
        {
            if (meshes.Length == 0) meshes = GetComponentsInChildren<SkinnedMeshRenderer>();
            shapes = new int[meshes.Length][];
            int matches = 0;
            for (int m = 0; m < meshes.Length; m++)
            {
                shapes[m] = new int[hello.Arkit.Length];
                for (int i = 0; i < hello.Arkit.Length; i++)
                {
                    shapes[m][i] = ShapeNames.Find(MeshNames(meshes[m].sharedMesh), hello.Arkit[i]);
                    if (shapes[m][i] >= 0) matches++;
                }
            }
            if (matches == 0) Debug.LogWarning("t2s: no mesh here has a blend shape with an ARKit name.", this);
            known = hello;
        }

        private static string[] MeshNames(Mesh mesh)
        {
            if (mesh == null) return new string[0];
            var names = new string[mesh.blendShapeCount];
            for (int i = 0; i < names.Length; i++) names[i] = mesh.GetBlendShapeName(i);
            return names;
        }
    }
}
