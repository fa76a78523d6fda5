// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
namespace T2S.Face
{
    /// <summary>The server's monotonic clock, from pings: the quickest answer of late is the most exact.</summary>
    public sealed class ServerClock
    {
        private const int Answers = 12;
        private readonly long[] roundTripsNs = new long[Answers];
        private readonly long[] offsetsNs = new long[Answers];
        private int count;

        public void Reset()
        {
            count = 0;
        }

        /// <summary>Whether an answer came.</summary>
        public bool Known { get { return count > 0; } }

        /// <summary>Server's clock minus ours, ns.</summary>
        public long OffsetNs { get { return offsetsNs[Best()]; } }

        /// <summary>Shortest round trip of late, ns; half of it bounds the error.</summary>
        public long RoundTripNs { get { return roundTripsNs[Best()]; } }

        /// <summary>Take in a pong that came at <paramref name="nowNs"/> on our clock.</summary>
        public void Answer(long clientNs, long serverNs, long nowNs)
        {
            int slot = count % Answers;
            roundTripsNs[slot] = nowNs - clientNs;
            offsetsNs[slot] = serverNs - (clientNs + (nowNs - clientNs) / 2);
            count++;
        }

        private int Best()
        {
            int best = 0;
            for (int i = 1; i < Answers && i < count; i++) if (roundTripsNs[i] < roundTripsNs[best]) best = i;
            return best;
        }
    }
}
