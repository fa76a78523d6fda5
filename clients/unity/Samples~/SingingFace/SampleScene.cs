// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using T2S.Face;
using UnityEngine;

/// <summary>
/// Put this on an empty object and press Play: a jaw of two boxes opens with the voice, or the model that is set
/// sings. Shows the state of the connection in a corner.
/// </summary>
public sealed class SampleScene : MonoBehaviour
{
    [Tooltip("A model with ARKit blend shapes; two boxes where none is set.")]
    public GameObject model;

    private SingingFace face;
    private Transform jaw;

    private void Start()
    {
        GameObject singer = model != null ? Instantiate(model) : new GameObject("two boxes");
        if (model == null) jaw = Boxes(singer.transform);
        else singer.AddComponent<ArkitApplier>();
        face = singer.AddComponent<SingingFace>();
    }

    private static Transform Boxes(Transform parent)
    {
        Transform upper = GameObject.CreatePrimitive(PrimitiveType.Cube).transform;
        Transform lower = GameObject.CreatePrimitive(PrimitiveType.Cube).transform;
        upper.SetParent(parent, false);
        lower.SetParent(parent, false);
        upper.localPosition = new Vector3(0f, 0.5f, 0f);
        return lower;
    }

    private void Update()
    {
        Hello hello = face.Receiver == null ? null : face.Receiver.Hello;
        if (jaw == null || hello == null || face.Shown.Arkit.Length == 0) return;
        int open = System.Array.IndexOf(hello.Arkit, "jawOpen");
        jaw.localPosition = new Vector3(0f, -0.5f - face.Shown.Arkit[open], 0f);
    }

    private void OnGUI()
    {
        if (face.Receiver == null) return;
        string problem = face.Receiver.Problem;
        GUILayout.Label(problem.Length > 0 ? problem : face.Receiver.Frames + " frames");
    }
}
