// Runs the Unity kit's components on stand-ins of Unity. Prints what tests/clients/test_unity_components.py reads.
using System;
using System.Globalization;
using System.Threading;
using T2S.Face;
using UnityEngine;

public static class Components
{
    public static int Main(string[] words)
    {
        Thread.CurrentThread.CurrentCulture = CultureInfo.InvariantCulture;
        if (words[0] == "flame") return Flame(words);
        if (words[0] == "expression") return Expression(words[1]);
        if (words[0] == "arkit") return Arkit(words);
        if (words[0] == "sing") return Sing(words[1]);
        return Sample(words[1]);
    }

    private static Hello Greeting(string hex)
    {
        var data = new byte[hex.Length / 2];
        for (int i = 0; i < data.Length; i++) data[i] = Convert.ToByte(hex.Substring(2 * i, 2), 16);
        return new Hello(new WireReader().ReadMap(data, data.Length));
    }

    private static float Number(string word) { return float.Parse(word, CultureInfo.InvariantCulture); }

    private static string Row(Vector3 v) { return v.x.ToString("F4") + " " + v.y.ToString("F4") + " " + v.z.ToString("F4"); }

    /// <summary>flame HELLO PART OFFSET x y z, then the bone's rest turn x y z w; prints where the face's own
    /// forward and up of that bone point, before and after, for an upright model that looks along +z.</summary>
    private static int Flame(string[] words)
    {
        Hello hello = Greeting(words[1]);
        var head = new GameObject("head");
        var bone = new GameObject("bone").transform;
        var above = new GameObject("above").transform;
        above.SetParent(head.transform, false);
        bone.SetParent(above, false);
        above.localRotation = new Quaternion(0f, 0.6f, 0f, 0.8f);
        bone.localRotation = new Quaternion(Number(words[7]), Number(words[8]), Number(words[9]), Number(words[10]));
        Quaternion toBone = Quaternion.Inverse(bone.rotation);
        Vector3 forward = toBone * new Vector3(0f, 0f, 1f), up = toBone * new Vector3(0f, 1f, 0f);
        var applier = head.AddComponent<FlameApplier>();
        if (words[2] == "jaw_pose") applier.jaw = bone;
        if (words[2] == "neck_pose") applier.neck = bone;
        if (words[2] == "global_pose") applier.head = bone;
        if (words[2] == "eyes_pose" && words[3] == "0") applier.leftEye = bone;
        if (words[2] == "eyes_pose" && words[3] == "3") applier.rightEye = bone;
        var frame = new Frame { Flame = new float[hello.FlameSize] };
        applier.Apply(hello, frame);
        Console.WriteLine(Row(bone.rotation * forward) + " " + Row(bone.rotation * up));
        int offset, size;
        hello.FlamePart(words[2], out offset, out size);
        for (int i = 0; i < 3; i++) frame.Flame[offset + int.Parse(words[3]) + i] = Number(words[4 + i]);
        for (int i = 0; i < 3; i++) applier.Apply(hello, frame);  // it never adds up
        Console.WriteLine(Row(bone.rotation * forward) + " " + Row(bone.rotation * up));
        return 0;
    }

    private static int Expression(string hex)
    {
        Hello hello = Greeting(hex);
        var head = new GameObject("head");
        var applier = head.AddComponent<FlameApplier>();
        applier.mesh = head.AddComponent<SkinnedMeshRenderer>();
        applier.mesh.sharedMesh = new Mesh { Names = new[] { "other", "exp_1", "exp_0" } };
        var frame = new Frame { Flame = new float[hello.FlameSize] };
        frame.Flame[0] = 0.5f;
        frame.Flame[1] = -0.25f;
        applier.Apply(hello, frame);
        Console.WriteLine(applier.mesh.Weights[2] + " " + applier.mesh.Weights[1] + " " + applier.mesh.Weights.Count);
        return 0;
    }

    private static int Arkit(string[] words)
    {
        Hello hello = Greeting(words[1]);
        var model = new GameObject("model");
        var below = new GameObject("face");
        below.transform.SetParent(model.transform, false);
        var mesh = below.AddComponent<SkinnedMeshRenderer>();
        mesh.sharedMesh = new Mesh { Names = words[2].Split(',') };
        var applier = model.AddComponent<ArkitApplier>();
        var frame = new Frame { Arkit = new float[hello.Arkit.Length] };
        for (int i = 0; i < frame.Arkit.Length; i++) frame.Arkit[i] = i / 100f;
        applier.Apply(hello, frame);
        foreach (var pair in mesh.Weights) Console.WriteLine(mesh.sharedMesh.Names[pair.Key] + " " + pair.Value);
        return 0;
    }

    private static int Sing(string url)
    {
        var model = new GameObject("model");
        var mesh = model.AddComponent<SkinnedMeshRenderer>();
        mesh.sharedMesh = new Mesh { Names = new[] { "jawOpen" } };
        model.AddComponent<ArkitApplier>();
        var face = model.AddComponent<SingingFace>();
        GameObject.Call(face, "OnDisable");
        face.url = url;
        GameObject.Call(face, "OnEnable");
        for (int i = 0; i < 1000 && mesh.Weights.Count == 0; i++)
        {
            Thread.Sleep(10);
            GameObject.Call(face, "Update");
        }
        Console.WriteLine("jawOpen " + (mesh.Weights.Count == 0 ? "never" : mesh.Weights[0].ToString()));
        GameObject.Call(face, "OnDisable");
        return 0;
    }

    private static int Sample(string _)
    {
        var scene = new GameObject("scene").AddComponent<SampleScene>();
        GameObject.Call(scene, "Start");
        GameObject.Call(scene, "Update");
        GameObject.Call(scene, "OnGUI");
        return 0;
    }
}
