// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace T2S.Face
{
    /// <summary>The server sent bytes that the protocol does not allow.</summary>
    public sealed class WireException : Exception
    {
        public WireException(string problem) : base(problem) { }
    }

    /// <summary>Reads MessagePack from a buffer that is used again. Frames are read without allocation.</summary>
    public sealed class WireReader
    {
        private const int DeepestNesting = 16;
        private byte[] bytes = new byte[0];
        private int at;
        private int end;

        /// <summary>Whether the message in this buffer is a frame (an array; all others are maps).</summary>
        public static bool IsFrame(byte[] data, int count)
        {
            return count > 0 && ((data[0] & 0xf0) == 0x90 || data[0] == 0xdc || data[0] == 0xdd);
        }

        /// <summary>Read a frame into <paramref name="frame"/>.</summary>
        /// <exception cref="WireException">It is none.</exception>
        public void ReadFrame(byte[] data, int count, Frame frame)
        {
            Begin(data, count);
            int places = ReadArrayHeader();
            if (places < 9) throw new WireException("a frame has too few elements");
            ReadKind();
            frame.Seq = ReadInteger();
            frame.PtsSamples = ReadInteger();
            frame.CapturedNs = ReadInteger();
            frame.SongS = ReadFloat();
            ReadFloats(ref frame.Actions);
            ReadFloats(ref frame.Arkit);
            ReadFloats(ref frame.Flame);
            ReadVoice(frame);
            for (int i = 9; i < places; i++) Skip(0);
            Finish();
        }

        /// <summary>Read a map such as hello: strings, doubles, longs, bools, byte[], lists and maps.</summary>
        /// <exception cref="WireException">It is none.</exception>
        public Dictionary<string, object> ReadMap(byte[] data, int count)
        {
            Begin(data, count);
            var map = ReadAny(0) as Dictionary<string, object>;
            if (map == null) throw new WireException("a message must be a map");
            Finish();
            return map;
        }

        private void Begin(byte[] data, int count)
        {
            bytes = data;
            at = 0;
            end = count;
        }

        private void Finish()
        {
            if (at != end) throw new WireException("bytes are left after the message");
        }

        private void ReadKind()
        {
            if (Next() != 0xa5) throw new WireException("an array that is no frame");
            Need(5);
            bool right = bytes[at] == 'f' && bytes[at + 1] == 'r' && bytes[at + 2] == 'a' && bytes[at + 3] == 'm'
                && bytes[at + 4] == 'e';
            if (!right) throw new WireException("an array that is no frame");
            at += 5;
        }

        private void ReadVoice(Frame frame)
        {
            frame.HasVoice = Peek() != 0xc0;
            if (!frame.HasVoice)
            {
                at++;
                return;
            }
            int fields = ReadArrayHeader();
            if (fields < 4) throw new WireException("voice has too few fields");
            frame.F0Hz = ReadFloat();
            byte flag = Next();
            if (flag != 0xc2 && flag != 0xc3) throw new WireException("voiced must be a bool");
            frame.Voiced = flag == 0xc3;
            frame.LoudnessDbfs = ReadFloat();
            frame.Voice = ReadFloat();
            for (int i = 4; i < fields; i++) Skip(0);
        }

        private void ReadFloats(ref float[] values)
        {
            if (Peek() == 0xc0)
            {
                at++;
                values = Frame.Empty;
                return;
            }
            byte tag = Next();
            long size = tag == 0xc4 ? Big(1) : tag == 0xc5 ? Big(2) : tag == 0xc6 ? Big(4) : -1;
            if (size < 0 || size % 4 != 0) throw new WireException("a stream must be nil or float32");
            Need(size);
            values = Frame.Sized(values, (int)size / 4);
            if (BitConverter.IsLittleEndian) Buffer.BlockCopy(bytes, at, values, 0, (int)size);
            else for (int i = 0; i < values.Length; i++) values[i] = Little(at + 4 * i);
            at += (int)size;
        }

        private float Little(int from)
        {
            return new Bits { Integer = bytes[from] | bytes[from + 1] << 8 | bytes[from + 2] << 16 | bytes[from + 3] << 24 }
                .Single;
        }

        private float ReadFloat()
        {
            if (Next() != 0xca) throw new WireException("a number must be a float32");
            return new Bits { Integer = (int)Big(4) }.Single;
        }

        private int ReadArrayHeader()
        {
            byte tag = Next();
            long count = (tag & 0xf0) == 0x90 ? tag & 0x0f : tag == 0xdc ? Big(2) : tag == 0xdd ? Big(4) : -1;
            if (count < 0 || count > end - at) throw new WireException("no array");
            return (int)count;
        }

        private long ReadInteger()
        {
            byte tag = Next();
            if (tag < 0x80) return tag;
            switch (tag)
            {
                case 0xcc: return Big(1);
                case 0xcd: return Big(2);
                case 0xce: return Big(4);
                case 0xcf: return Big(8);
                default: throw new WireException("an unsigned integer is missing");
            }
        }

        private object ReadAny(int depth)
        {
            if (depth > DeepestNesting) throw new WireException("nested too deeply");
            byte tag = Peek();
            if (tag < 0x80 || tag >= 0xcc && tag <= 0xcf) return ReadInteger();
            at++;
            if (tag >= 0xe0) return (long)(sbyte)tag;
            if ((tag & 0xe0) == 0xa0) return ReadText(tag & 0x1f);
            if ((tag & 0xf0) == 0x90) return ReadList(tag & 0x0f, depth);
            if ((tag & 0xf0) == 0x80) return ReadPairs(tag & 0x0f, depth);
            switch (tag)
            {
                case 0xc0: return null;
                case 0xc2: return false;
                case 0xc3: return true;
                case 0xc4: return ReadBytes(Big(1));
                case 0xc5: return ReadBytes(Big(2));
                case 0xc6: return ReadBytes(Big(4));
                case 0xca: return (double)new Bits { Integer = (int)Big(4) }.Single;
                case 0xcb: return BitConverter.Int64BitsToDouble(Big(8));
                case 0xd0: return (long)(sbyte)Big(1);
                case 0xd1: return (long)(short)Big(2);
                case 0xd2: return (long)(int)Big(4);
                case 0xd3: return Big(8);
                case 0xd9: return ReadText(Big(1));
                case 0xda: return ReadText(Big(2));
                case 0xdb: return ReadText(Big(4));
                case 0xdc: return ReadList(Big(2), depth);
                case 0xdd: return ReadList(Big(4), depth);
                case 0xde: return ReadPairs(Big(2), depth);
                case 0xdf: return ReadPairs(Big(4), depth);
                default: throw new WireException("a MessagePack type that the protocol does not use");
            }
        }

        private string ReadText(long size)
        {
            Need(size);
            string text = Encoding.UTF8.GetString(bytes, at, (int)size);
            at += (int)size;
            return text;
        }

        private byte[] ReadBytes(long size)
        {
            Need(size);
            var copy = new byte[size];
            Buffer.BlockCopy(bytes, at, copy, 0, (int)size);
            at += (int)size;
            return copy;
        }

        private List<object> ReadList(long count, int depth)
        {
            if (count > end - at) throw new WireException("the message ends too early");
            var list = new List<object>((int)count);
            for (long i = 0; i < count; i++) list.Add(ReadAny(depth + 1));
            return list;
        }

        private Dictionary<string, object> ReadPairs(long count, int depth)
        {
            if (count > end - at) throw new WireException("the message ends too early");
            var map = new Dictionary<string, object>((int)count);
            for (long i = 0; i < count; i++)
            {
                var key = ReadAny(depth + 1) as string;
                if (key == null) throw new WireException("a key must be a string");
                map[key] = ReadAny(depth + 1);
            }
            return map;
        }

        /// <summary>Pass over what a newer server added.</summary>
        private void Skip(int depth)
        {
            ReadAny(depth);
        }

        private byte Peek()
        {
            Need(1);
            return bytes[at];
        }

        private byte Next()
        {
            Need(1);
            return bytes[at++];
        }

        private long Big(int size)
        {
            Need(size);
            long value = 0;
            for (int i = 0; i < size; i++) value = value << 8 | bytes[at++];
            return value;
        }

        private void Need(long size)
        {
            if (size < 0 || size > end - at) throw new WireException("the message ends too early");
        }

        [StructLayout(LayoutKind.Explicit)]
        private struct Bits
        {
            [FieldOffset(0)] public int Integer;
            [FieldOffset(0)] public float Single;
        }
    }
}
