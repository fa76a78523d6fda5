// Runs on the browser's audio thread: joins its 128-sample blocks to chunks of about 8 ms and posts them
// as 16-bit PCM. Plain JavaScript, because a worklet is loaded as a file of its own.
const CHUNK_S = 0.008;
const BLOCK = 128;

class PcmSender extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = BLOCK * Math.max(1, Math.round((CHUNK_S * sampleRate) / BLOCK));
    this.chunk = new Int16Array(this.size);
    this.filled = 0;
  }

  process([input]) {
    const samples = input[0];
    if (!samples) return true;
    for (const sample of samples) {
      this.chunk[this.filled] = Math.round(32767 * Math.min(1, Math.max(-1, sample)));
      this.filled += 1;
      if (this.filled === this.size) {
        this.port.postMessage(this.chunk.buffer, [this.chunk.buffer]);
        this.chunk = new Int16Array(this.size);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("pcm-sender", PcmSender);
