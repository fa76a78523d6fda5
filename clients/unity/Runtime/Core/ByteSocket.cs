// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
using System;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace T2S.Face
{
    /// <summary>
    /// A WebSocket client that reads messages into one buffer: after the first messages nothing is allocated,
    /// which System.Net.WebSockets does not give (a task and a result for each message).
    /// One thread reads; sending is locked and may come from any.
    /// </summary>
    public sealed class ByteSocket : IDisposable
    {
        public const string SubProtocol = "t2s.v1.msgpack";
        private const string Accept = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        private const int LargestMessage = 1 << 20;
        private const int Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

        /// <summary>The message that <see cref="Receive"/> read.</summary>
        public byte[] Message = new byte[16384];

        private readonly TcpClient tcp;
        private readonly Stream stream;
        private readonly byte[] read = new byte[16384];
        private readonly byte[] write = new byte[1024];
        private readonly object sending = new object();
        private int readAt, readEnd;

        /// <summary>Connect and shake hands.</summary>
        /// <param name="address">Such as ws://127.0.0.1:8760/ws; wss works, too.</param>
        /// <exception cref="IOException">Refused, or no WebSocket.</exception>
        public ByteSocket(Uri address, string token, int timeoutMs)
        {
            bool secure = address.Scheme == "wss";
            tcp = new TcpClient { NoDelay = true, ReceiveTimeout = timeoutMs, SendTimeout = timeoutMs };
            try
            {
                tcp.Connect(address.Host, address.Port > 0 ? address.Port : secure ? 443 : 80);
                stream = tcp.GetStream();
                if (secure)
                {
                    var tls = new SslStream(stream);
                    tls.AuthenticateAsClient(address.Host);
                    stream = tls;
                }
                ShakeHands(address, token);
            }
            catch (SocketException problem)
            {
                tcp.Close();
                throw new IOException(problem.Message, problem);
            }
            catch
            {
                tcp.Close();
                throw;
            }
        }

        public void Dispose()
        {
            tcp.Close();
        }

        /// <summary>Read the next binary message into <see cref="Message"/>.</summary>
        /// <returns>Its length; -1 when the server closed.</returns>
        /// <exception cref="IOException">The connection broke.</exception>
        public int Receive()
        {
            int count = 0;
            while (true)
            {
                int first = NextByte();
                int second = NextByte();
                int opcode = first & 15;
                long size = second & 127;
                if (size == 126) size = Big(2);
                else if (size == 127) size = Big(8);
                if ((second & 128) != 0 || (first & 0x70) != 0) throw new IOException("the server broke the WebSocket rules");
                if (size < 0 || count + size > LargestMessage) throw new IOException("the message is too large");
                if (opcode >= Close)
                {
                    if (size > 125) throw new IOException("a control frame is too large");
                    var control = new byte[size];
                    Fill(control, 0, (int)size);
                    if (opcode == Ping) Send(Pong, control, control.Length);
                    if (opcode != Close) continue;
                    Send(Close, control, Math.Min(2, control.Length));
                    return -1;
                }
                if (count + size > Message.Length) Array.Resize(ref Message, (int)(count + size) * 2);
                Fill(Message, count, (int)size);
                count += (int)size;
                if ((first & 128) != 0) return count;
            }
        }

        /// <summary>Send a binary message of at most 1000 bytes.</summary>
        public void Send(byte[] data, int count)
        {
            Send(Binary, data, count);
        }

        private void Send(int opcode, byte[] data, int count)
        {
            if (count > 1000) throw new ArgumentException("too long");
            lock (sending)
            {
                int at = 0;
                write[at++] = (byte)(128 | opcode);
                if (count < 126) write[at++] = (byte)(128 | count);
                else
                {
                    write[at++] = 128 | 126;
                    write[at++] = (byte)(count >> 8);
                    write[at++] = (byte)count;
                }
                for (int i = 0; i < 4; i++) write[at++] = 0; // a mask of zeros leaves the bytes as they are
                Buffer.BlockCopy(data, 0, write, at, count);
                stream.Write(write, 0, at + count);
            }
        }

        private void ShakeHands(Uri address, string token)
        {
            var random = new byte[16];
            using (var source = RandomNumberGenerator.Create()) source.GetBytes(random);
            string key = Convert.ToBase64String(random);
            string path = string.IsNullOrEmpty(address.PathAndQuery) ? "/ws" : address.PathAndQuery;
            string authorization = string.IsNullOrEmpty(token) ? "" : "Authorization: Bearer " + token + "\r\n";
            byte[] request = Encoding.ASCII.GetBytes(
                "GET " + path + " HTTP/1.1\r\nHost: " + address.Authority + "\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key
                + "\r\nSec-WebSocket-Protocol: " + SubProtocol + "\r\n" + authorization + "\r\n");
            stream.Write(request, 0, request.Length);
            string status = NextLine();
            if (!status.StartsWith("HTTP/1.1 101")) throw new IOException("the engine refused: " + status);
            string wanted;
            using (var sha = SHA1.Create())
                wanted = Convert.ToBase64String(sha.ComputeHash(Encoding.ASCII.GetBytes(key + Accept)));
            bool accepted = false;
            for (string line = NextLine(); line.Length > 0; line = NextLine())
            {
                bool named = line.StartsWith("Sec-WebSocket-Accept:", StringComparison.OrdinalIgnoreCase);
                if (named) accepted = line.Substring(21).Trim() == wanted;
            }
            if (!accepted) throw new IOException("the server is no WebSocket");
        }

        private string NextLine()
        {
            var line = new StringBuilder();
            for (int letter = NextByte(); letter != '\n'; letter = NextByte())
            {
                if (line.Length > 4096) throw new IOException("the answer is no HTTP");
                if (letter != '\r') line.Append((char)letter);
            }
            return line.ToString();
        }

        private long Big(int size)
        {
            long value = 0;
            for (int i = 0; i < size; i++) value = (value << 8) + NextByte();
            return value;
        }

        private int NextByte()
        {
            if (readAt == readEnd) Refill();
            return read[readAt++];
        }

        private void Fill(byte[] target, int offset, int count)
        {
            while (count > 0)
            {
                if (readAt == readEnd) Refill();
                int part = Math.Min(count, readEnd - readAt);
                Buffer.BlockCopy(read, readAt, target, offset, part);
                readAt += part;
                offset += part;
                count -= part;
            }
        }

        private void Refill()
        {
            readAt = 0;
            readEnd = stream.Read(read, 0, read.Length);
            if (readEnd <= 0) throw new IOException("the connection ended");
        }
    }
}
