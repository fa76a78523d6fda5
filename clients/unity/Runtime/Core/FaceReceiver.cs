// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace T2S.Face
{
    /// <summary>
    /// Receives faces on a thread of its own and comes back when the connection ends. Only the two newest frames
    /// are held, so a game that freezes finds a fresh face when it wakes.
    /// </summary>
    public sealed class FaceReceiver : IDisposable
    {
        private const int Window = 12;
        private const int SilenceMs = 8000;
        private const int FirstRetryMs = 250, LongestRetryMs = 5000;
        private const long PingNs = 1000000000;

        private readonly Uri address;
        private readonly string token;
        private readonly string[] streams;
        private readonly int rateHz;
        private readonly object guard = new object();
        private readonly ManualResetEvent stop = new ManualResetEvent(false);
        private readonly Thread thread;
        private readonly WireReader reader = new WireReader();
        private readonly Frame incoming = new Frame();
        private readonly ServerClock clock = new ServerClock();
        private Playback playback = new Playback();
        private ByteSocket socket;
        private volatile Hello hello;
        private volatile string problem = "";
        private long frames;
        private long nextPingNs;

        /// <param name="url">Such as ws://127.0.0.1:8760/ws.</param>
        /// <param name="streams">Any of actions, arkit, flame, voice.</param>
        public FaceReceiver(string url, string[] streams, int rateHz = 60, string token = "")
        {
            address = new Uri(url);
            this.streams = streams;
            this.rateHz = rateHz;
            this.token = token;
            thread = new Thread(Run) { IsBackground = true, Name = "t2s face" };
            thread.Start();
        }

        /// <summary>Names and order; null before the first connection.</summary>
        public Hello Hello { get { return hello; } }
        /// <summary>Why there is no connection; empty while there is one.</summary>
        public string Problem { get { return problem; } }
        /// <summary>Frames that came.</summary>
        public long Frames { get { return Interlocked.Read(ref frames); } }

        /// <summary>Our clock, ns.</summary>
        public static long NowNs()
        {
            return (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
        }

        /// <summary>Fill <paramref name="shown"/> with the face of this moment. Allocates nothing.</summary>
        /// <returns>Whether there is a face yet.</returns>
        public bool Sample(Frame shown)
        {
            lock (guard) return playback.Sample(NowNs() * 1e-6, shown);
        }

        /// <summary>From capture to now of the newest frame, ms; negative where it is not known.</summary>
        public double LatencyMs()
        {
            lock (guard)
            {
                long capturedNs = playback.Newest.CapturedNs;
                return capturedNs == 0 || !clock.Known ? -1 : (NowNs() + clock.OffsetNs - capturedNs) * 1e-6;
            }
        }

        /// <summary>Say where the song is that this program plays; false where nobody hears it.</summary>
        public bool Transport(string state, double positionS, double rate = 1.0)
        {
            ByteSocket open = socket;
            if (open == null) return false;
            var writer = new WireWriter();
            writer.Transport(state, positionS, rate);
            try
            {
                open.Send(writer.Bytes, writer.Count);
                return true;
            }
            catch (Exception broken) when (broken is IOException || broken is ObjectDisposedException)
            {
                return false;
            }
        }

        public void Dispose()
        {
            stop.Set();
            ByteSocket open = socket;
            if (open != null) open.Dispose();
            thread.Join(2000);
        }

        private void Run()
        {
            int retryMs = FirstRetryMs;
            do
            {
                try
                {
                    Listen();
                    problem = "The engine stopped.";
                    retryMs = FirstRetryMs;
                }
                catch (Exception broken) when (broken is IOException || broken is WireException
                    || broken is ObjectDisposedException || broken is System.Security.Authentication.AuthenticationException)
                {
                    problem = broken.Message;
                    retryMs = Math.Min(2 * retryMs, LongestRetryMs);
                }
                socket = null;
            }
            while (!stop.WaitOne(retryMs));
        }

        private void Listen()
        {
            using (var open = new ByteSocket(address, token, SilenceMs))
            {
                socket = open;
                var writer = new WireWriter();
                int count = open.Receive();
                if (count < 0) return;
                Greet(reader.ReadMap(open.Message, count));
                writer.Subscribe(streams, rateHz, Window);
                open.Send(writer.Bytes, writer.Count);
                nextPingNs = 0;
                while (!stop.WaitOne(0))
                {
                    count = open.Receive();
                    if (count < 0) return;
                    Take(open, writer, count);
                }
            }
        }

        private void Greet(Dictionary<string, object> map)
        {
            var greeting = new Hello(map);
            lock (guard)
            {
                playback = new Playback(greeting.SampleRateHz, greeting.FrameSamples);
                clock.Reset();
            }
            hello = greeting;
            problem = "";
        }

        private void Take(ByteSocket open, WireWriter writer, int count)
        {
            long nowNs = NowNs();
            if (WireReader.IsFrame(open.Message, count))
            {
                reader.ReadFrame(open.Message, count, incoming);
                lock (guard) playback.Push(incoming, nowNs * 1e-6);
                Interlocked.Increment(ref frames);
                writer.Ack(incoming.Seq);
                open.Send(writer.Bytes, writer.Count);
            }
            else TakeMap(reader.ReadMap(open.Message, count), nowNs);
            if (nowNs < nextPingNs) return;
            nextPingNs = nowNs + PingNs;
            writer.Ping(NowNs());
            open.Send(writer.Bytes, writer.Count);
        }

        private void TakeMap(Dictionary<string, object> map, long nowNs)
        {
            object type, sent, theirs;
            map.TryGetValue("type", out type);
            if (!(type as string == "pong" && map.TryGetValue("client_ns", out sent)
                && map.TryGetValue("server_ns", out theirs) && sent is long && theirs is long)) return;
            lock (guard) clock.Answer((long)sent, (long)theirs, nowNs);
        }
    }
}
