// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;

namespace T2S.Face
{
    /// <summary>
    /// Turns frames that arrive unevenly into a face for each picture. The picture shows the moment one frame
    /// before the newest, moving on evenly between the last two: at most one frame (16.7 ms) is added.
    /// Allocates nothing once it runs.
    /// </summary>
    public sealed class Playback
    {
        /// <summary>A jump of the stream's clock this large, in ms, means that it started over.</summary>
        private const double RestartMs = 300;
        /// <summary>How fast the mean transit time is followed, a share per frame: half a second.</summary>
        private const double Follow = 0.03;

        private readonly double perSampleMs;
        private readonly double frameMs;
        private Frame older = new Frame();
        private Frame newer = new Frame();
        private int held;
        private long received;
        private double transitMs;

        public Playback(int sampleRateHz = 48000, int frameSamples = 800)
        {
            perSampleMs = 1000.0 / sampleRateHz;
            frameMs = frameSamples * perSampleMs;
        }

        /// <summary>Frames that never came, from the gaps in their numbers.</summary>
        public long MissedFrames { get; private set; }
        /// <summary>The frame that came last.</summary>
        public Frame Newest { get { return newer; } }

        /// <summary>Forget everything, as for a new connection.</summary>
        public void Reset()
        {
            held = 0;
            received = 0;
        }

        /// <summary>Take in a copy of a frame; one older than the newest starts the stream over.</summary>
        public void Push(Frame frame, double arrivedMs)
        {
            double lateMs = arrivedMs - frame.PtsSamples * perSampleMs;
            long gap = held > 0 ? frame.Seq - newer.Seq : 1;
            if (held == 0 || gap <= 0 || Math.Abs(lateMs - transitMs) > RestartMs)
            {
                held = 0;
                received = 0;
            }
            else if (gap > 1) MissedFrames += gap - 1;
            Frame spare = older;
            older = newer;
            newer = spare;
            newer.CopyFrom(frame);
            held = Math.Min(2, held + 1);
            received++;
            double share = Math.Max(Follow, 1.0 / received);
            transitMs += share * (lateMs - transitMs);
        }

        /// <summary>Fill <paramref name="shown"/> with what to show now.</summary>
        /// <returns>Whether there is anything yet.</returns>
        public bool Sample(double nowMs, Frame shown)
        {
            if (held == 0) return false;
            double newestMs = newer.PtsSamples * perSampleMs;
            double evenMs = nowMs - transitMs - frameMs;
            double shownMs = Math.Min(Math.Max(evenMs, newestMs - frameMs), newestMs);
            double spanMs = held > 1 ? newestMs - older.PtsSamples * perSampleMs : 0;
            double share = spanMs > 0 ? Math.Max(0, 1 - (newestMs - shownMs) / spanMs) : 1;
            shown.CopyFrom(newer);
            if (held < 2) return true;
            shown.PtsSamples = (long)Math.Round(shownMs / perSampleMs);
            if (older.SongS >= 0 && newer.SongS >= 0) shown.SongS = Blend(older.SongS, newer.SongS, share);
            Blend(older.Actions, shown.Actions, share);
            Blend(older.Arkit, shown.Arkit, share);
            Blend(older.Flame, shown.Flame, share);
            return true;
        }

        private static float Blend(float from, float to, double share)
        {
            return (float)(from + share * (to - from));
        }

        private static void Blend(float[] from, float[] values, double share)
        {
            if (from.Length != values.Length) return;
            for (int i = 0; i < values.Length; i++) values[i] = Blend(from[i], values[i], share);
        }
    }
}
