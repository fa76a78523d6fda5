// Runs the Unity kit without Unity. Prints what tests/clients/test_unity.py reads.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using T2S.Face;

public static class Kit
{
    public static int Main(string[] words)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        Thread.CurrentThread.CurrentCulture = CultureInfo.InvariantCulture;
        if (words[0] == "frame") return Show(words[1]);
        if (words[0] == "hello") return Greet(words[1]);
        if (words[0] == "say") return Say();
        if (words[0] == "broken") return Refuse(words[1]);
        if (words[0] == "allocation") return Allocation(words[1]);
        if (words[0] == "replay") return Replay(words[1]);
        if (words[0] == "names") return Names(words);
        return Live(words[1], int.Parse(words[2]));
    }

    private static byte[] Bytes(string hex)
    {
        var bytes = new byte[hex.Length / 2];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = Convert.ToByte(hex.Substring(2 * i, 2), 16);
        return bytes;
    }

    private static string Row(float[] values)
    {
        return string.Join(" ", Array.ConvertAll(values, v => v.ToString("R")));
    }

    private static int Show(string hex)
    {
        byte[] data = Bytes(hex);
        var frame = new Frame();
        new WireReader().ReadFrame(data, data.Length, frame);
        Console.WriteLine(frame.Seq + " " + frame.PtsSamples + " " + frame.CapturedNs + " " + frame.SongS);
        foreach (float[] values in new[] { frame.Actions, frame.Arkit, frame.Flame }) Console.WriteLine(Row(values));
        Console.WriteLine(frame.HasVoice + " " + frame.F0Hz + " " + frame.Voiced + " " + frame.LoudnessDbfs + " " + frame.Voice);
        return 0;
    }

    private static int Greet(string hex)
    {
        byte[] data = Bytes(hex);
        var hello = new Hello(new WireReader().ReadMap(data, data.Length));
        int offset, size;
        hello.FlamePart("jaw_pose", out offset, out size);
        Console.WriteLine(hello.Server + "|" + hello.Arkit.Length + "|" + hello.Arkit[0] + "|" + hello.Actions.Length
            + "|" + offset + "|" + size + "|" + hello.FrameSamples);
        return 0;
    }

    private static void Print(WireWriter writer)
    {
        Console.WriteLine(BitConverter.ToString(writer.Bytes, 0, writer.Count).Replace("-", "").ToLower());
    }

    private static int Say()
    {
        var writer = new WireWriter();
        writer.Subscribe(new[] { "arkit", "voice" }, 30, 0);
        Print(writer);
        writer.Subscribe(new[] { "flame" }, 60, 1);
        Print(writer);
        writer.Ack(300);
        Print(writer);
        writer.Ping(1000);
        Print(writer);
        return 0;
    }

    /// <summary>Every shortened and every once-changed frame gives a frame or a WireException.</summary>
    private static int Refuse(string hex)
    {
        byte[] data = Bytes(hex);
        var reader = new WireReader();
        int refused = 0, tried = 0;
        for (int i = 0; i < data.Length; i++, tried++)
            try { reader.ReadFrame(data, i, new Frame()); }
            catch (WireException) { refused++; }
        if (refused != tried) return 1;
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            var copy = (byte[])data.Clone();
            copy[random.Next(Math.Min(60, copy.Length))] = (byte)random.Next(256);
            try { reader.ReadFrame(copy, copy.Length, new Frame()); }
            catch (WireException) { }
            try { reader.ReadMap(copy, copy.Length); }
            catch (WireException) { }
        }
        Console.WriteLine("refused " + refused);
        return 0;
    }

    private static int Allocation(string hex)
    {
        byte[] data = Bytes(hex);
        var reader = new WireReader();
        var writer = new WireWriter();
        var playback = new Playback();
        Frame incoming = new Frame(), shown = new Frame();
        long before = 0;
        const int Rounds = 200000;
        for (int i = -1000; i < Rounds; i++)
        {
            if (i == 0) before = GC.CollectionCount(0);
            reader.ReadFrame(data, data.Length, incoming);
            incoming.Seq = i + 1000;
            incoming.PtsSamples = 800L * (i + 1000);
            playback.Push(incoming, i * 16.67);
            playback.Sample(i * 16.67 + 5, shown);
            writer.Ack(incoming.Seq);
        }
        Console.WriteLine(Rounds + " frames, collections: " + (GC.CollectionCount(0) - before));
        before = GC.CollectionCount(0);
        object last = null;
        for (int i = 0; i < Rounds; i++) last = new byte[208];
        Console.WriteLine("the same with one array a frame: " + (GC.CollectionCount(0) - before) + (last == null ? "!" : ""));
        return 0;
    }

    /// <summary>Plays a trace of arrivals at 240 pictures a second; prints now, moment and values.</summary>
    private static int Replay(string path)
    {
        var arrivals = new List<KeyValuePair<double, byte[]>>();
        foreach (string line in File.ReadAllLines(path))
        {
            string[] parts = line.Split(' ');
            arrivals.Add(new KeyValuePair<double, byte[]>(double.Parse(parts[0]), Bytes(parts[1])));
        }
        var playback = new Playback();
        var reader = new WireReader();
        Frame incoming = new Frame(), shown = new Frame();
        int next = 0;
        double end = arrivals[arrivals.Count - 1].Key;
        for (int tick = 0; tick / 0.24 < end; tick++)
        {
            double now = tick / 0.24;
            for (; next < arrivals.Count && arrivals[next].Key <= now; next++)
            {
                reader.ReadFrame(arrivals[next].Value, arrivals[next].Value.Length, incoming);
                playback.Push(incoming, arrivals[next].Key);
            }
            if (playback.Sample(now, shown))
                Console.WriteLine(now.ToString("R") + " " + shown.PtsSamples + " " + playback.Newest.PtsSamples + " " + Row(shown.Arkit));
        }
        return 0;
    }

    private static int Names(string[] words)
    {
        var names = new string[words.Length - 2];
        Array.Copy(words, 2, names, 0, names.Length);
        Console.WriteLine(ShapeNames.Find(names, words[1]));
        return 0;
    }

    private static int Live(string url, int wanted)
    {
        using (var receiver = new FaceReceiver(url, new[] { "arkit", "voice" }))
        {
            var shown = new Frame();
            for (int i = 0; i < 1000; i++)
            {
                Thread.Sleep(10);
                if (!receiver.Sample(shown) || receiver.Frames < wanted || receiver.LatencyMs() < 0) continue;
                int jaw = Array.IndexOf(receiver.Hello.Arkit, "jawOpen");
                Console.WriteLine(receiver.Hello.Server + "|" + receiver.Frames + "|" + shown.Arkit[jaw] + "|"
                    + shown.Flame.Length + "|" + shown.F0Hz + "|" + receiver.LatencyMs());
                return 0;
            }
            Console.WriteLine("no face: " + receiver.Problem + " after " + receiver.Frames);
            return 1;
        }
    }
}
