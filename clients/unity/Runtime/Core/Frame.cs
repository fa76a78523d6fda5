// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;

namespace T2S.Face
{
    /// <summary>One face. It is filled again and again: nothing is allocated once the streams have come once.</summary>
    public sealed class Frame
    {
        /// <summary>Number of the frame in the engine.</summary>
        public long Seq;
        /// <summary>Audio time that the frame depicts, in samples of 48 kHz.</summary>
        public long PtsSamples;
        /// <summary>The server's clock when the newest sample behind the frame was captured, ns; 0 for none.</summary>
        public long CapturedNs;
        /// <summary>Position in the song, s; negative where none plays.</summary>
        public float SongS;
        /// <summary>Values of the streams that were asked for; an empty array where not.</summary>
        public float[] Actions = Empty;
        public float[] Arkit = Empty;
        public float[] Flame = Empty;
        /// <summary>Whether the voice stream came.</summary>
        public bool HasVoice;
        public float F0Hz;
        public bool Voiced;
        public float LoudnessDbfs;
        public float Voice;

        public static readonly float[] Empty = new float[0];

        /// <summary>Take over all values of another frame.</summary>
        public void CopyFrom(Frame other)
        {
            Seq = other.Seq;
            PtsSamples = other.PtsSamples;
            CapturedNs = other.CapturedNs;
            SongS = other.SongS;
            HasVoice = other.HasVoice;
            F0Hz = other.F0Hz;
            Voiced = other.Voiced;
            LoudnessDbfs = other.LoudnessDbfs;
            Voice = other.Voice;
            Copy(other.Actions, ref Actions);
            Copy(other.Arkit, ref Arkit);
            Copy(other.Flame, ref Flame);
        }

        /// <summary>An array of this size, the same one where it fits.</summary>
        public static float[] Sized(float[] values, int count)
        {
            return values.Length == count ? values : count == 0 ? Empty : new float[count];
        }

        private static void Copy(float[] from, ref float[] to)
        {
            to = Sized(to, from.Length);
            Array.Copy(from, to, from.Length);
        }
    }
}
