// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;
using System.Text;

namespace T2S.Face
{
    /// <summary>Writes the messages of a client into one buffer, without allocation.</summary>
    public sealed class WireWriter
    {
        /// <summary>The message; the first <see cref="Count"/> bytes count.</summary>
        public readonly byte[] Bytes = new byte[256];
        public int Count { get; private set; }

        /// <summary>Which frames to send from now on.</summary>
        public void Subscribe(string[] streams, int rateHz, int window)
        {
            Begin(window > 0 ? 4 : 3, "subscribe");
            Text("streams");
            Byte((byte)(0x90 | streams.Length));
            foreach (string stream in streams) Text(stream);
            Text("rate_hz");
            Integer(rateHz);
            if (window <= 0) return;
            Text("window");
            Integer(window);
        }

        /// <summary>Everything up to this frame has been handled.</summary>
        public void Ack(long seq)
        {
            Begin(2, "ack");
            Text("seq");
            Integer(seq);
        }

        /// <summary>Ask for the server's clock.</summary>
        public void Ping(long clientNs)
        {
            Begin(2, "ping");
            Text("client_ns");
            Integer(clientNs);
        }

        /// <summary>Say where the song is that this program plays: playing, paused or stopped.</summary>
        public void Transport(string state, double positionS, double rate)
        {
            Begin(4, "transport");
            Text("state");
            Text(state);
            Text("position_s");
            Double(positionS);
            Text("rate");
            Double(rate);
        }

        private void Begin(int pairs, string type)
        {
            Count = 0;
            Byte((byte)(0x80 | pairs));
            Text("type");
            Text(type);
        }

        private void Byte(byte value)
        {
            Bytes[Count++] = value;
        }

        /// <summary>A short ASCII string: all that this protocol's keys are.</summary>
        private void Text(string text)
        {
            if (text.Length > 31) throw new ArgumentException("too long: " + text);
            Byte((byte)(0xa0 | text.Length));
            Count += Encoding.ASCII.GetBytes(text, 0, text.Length, Bytes, Count);
        }

        private void Integer(long value)
        {
            if (value < 0) throw new ArgumentOutOfRangeException("value");
            if (value < 0x80) Byte((byte)value);
            else if (value <= byte.MaxValue) Big(0xcc, value, 1);
            else if (value <= ushort.MaxValue) Big(0xcd, value, 2);
            else if (value <= uint.MaxValue) Big(0xce, value, 4);
            else Big(0xcf, value, 8);
        }

        private void Double(double value)
        {
            Big(0xcb, BitConverter.DoubleToInt64Bits(value), 8);
        }

        private void Big(byte tag, long value, int size)
        {
            Byte(tag);
            for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) Byte((byte)(value >> shift));
        }
    }
}
