// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System.Collections.Generic;

namespace T2S.Face
{
    /// <summary>The first message: names and order of everything. Look positions up here, never count them.</summary>
    public sealed class Hello
    {
        public readonly string Server;
        public readonly int SampleRateHz;
        public readonly int FrameSamples;
        public readonly int LookAheadSamples;
        public readonly bool TakesTransport;
        public readonly string[] Arkit;
        public readonly string[] Actions;
        public readonly string FlameBasis;
        public readonly int FlameSize;
        private readonly Dictionary<string, int[]> parts = new Dictionary<string, int[]>();

        /// <exception cref="WireException">A field is missing, or it is another version.</exception>
        public Hello(Dictionary<string, object> map)
        {
            if (Field(map, "type") as string != "hello") throw new WireException("the first message is no hello");
            if (Number(map, "protocol") != 1) throw new WireException("the engine speaks another version");
            Server = Field(map, "server") as string;
            SampleRateHz = Number(map, "sample_rate_hz");
            FrameSamples = Number(map, "frame_samples");
            LookAheadSamples = Number(map, "look_ahead_samples");
            TakesTransport = Field(map, "takes_transport") is bool && (bool)Field(map, "takes_transport");
            Arkit = Names(List(map, "arkit"));
            var names = new List<object>();
            foreach (object action in List(map, "actions")) names.Add(Field(Map(action), "name"));
            Actions = Names(names);
            var flame = Map(Field(map, "flame"));
            FlameBasis = Field(flame, "basis") as string;
            FlameSize = Number(flame, "size");
            foreach (object item in List(flame, "parts"))
            {
                var part = Map(item);
                parts[Field(part, "name") as string ?? ""] = new[] { Number(part, "offset"), Number(part, "size") };
            }
        }

        /// <summary>Where a FLAME part begins, and how many numbers it has; false where there is none.</summary>
        public bool FlamePart(string name, out int offset, out int size)
        {
            int[] found;
            bool there = parts.TryGetValue(name, out found);
            offset = there ? found[0] : 0;
            size = there ? found[1] : 0;
            return there;
        }

        private static object Field(Dictionary<string, object> map, string key)
        {
            object value;
            return map.TryGetValue(key, out value) ? value : null;
        }

        private static int Number(Dictionary<string, object> map, string key)
        {
            object value = Field(map, key);
            if (!(value is long)) throw new WireException(key + " must be an integer");
            return (int)(long)value;
        }

        private static Dictionary<string, object> Map(object value)
        {
            var map = value as Dictionary<string, object>;
            if (map == null) throw new WireException("a map is missing");
            return map;
        }

        private static List<object> List(Dictionary<string, object> map, string key)
        {
            var list = Field(map, key) as List<object>;
            if (list == null) throw new WireException(key + " must be a list");
            return list;
        }

        private static string[] Names(List<object> list)
        {
            var names = new string[list.Count];
            for (int i = 0; i < names.Length; i++)
            {
                names[i] = list[i] as string;
                if (names[i] == null) throw new WireException("names must be strings");
            }
            return names;
        }
    }
}
