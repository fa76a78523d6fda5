/** Sends this browser's microphone to the engine. */
import type { Connection } from "./connection";
import workletUrl from "./pcm-worklet.js?url";

/** Sound that waits to leave this machine beyond this, in s, is dropped: late sound is worse than none. */
const LONGEST_WAIT_S = 0.1;

export class Microphone {
  /** Chunks that were dropped because the network was too slow. */
  dropped_chunks = 0;
  private context: AudioContext | null = null;
  private stream: MediaStream | null = null;
  private announced = false;

  constructor(
    private readonly connection: Connection,
    private readonly onProblem: (sentence: string) => void,
  ) {}

  get singing(): boolean {
    return this.context !== null;
  }

  /** Ask for the microphone and send it; the browser asks the person first. */
  async start(): Promise<void> {
    if (this.context) return;
    if (!navigator.mediaDevices) {
      this.onProblem("A browser gives its microphone only to pages from localhost or https.");
      return;
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
      this.context = new AudioContext({ latencyHint: "interactive" });
      await this.context.audioWorklet.addModule(workletUrl);
      this.announce();
      this.connect(this.context, this.stream);
    } catch (problem) {
      this.stop();
      this.onProblem(`The microphone cannot be used: ${problem instanceof Error ? problem.message : String(problem)}`);
    }
  }

  /** Tell the engine what comes; again after a reconnection. */
  announce(): void {
    if (!this.context) return;
    const rate_hz = Math.round(this.context.sampleRate);
    this.announced = this.connection.send({ type: "audio_start", rate_hz, channels: 1, format: "s16" });
  }

  /** The connection is gone: keep the microphone, send nothing until it is announced again. */
  disconnected(): void {
    this.announced = false;
  }

  stop(): void {
    if (this.context) {
      if (this.announced) this.connection.send({ type: "audio_stop" });
      void this.context.close();
    }
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.context = null;
    this.stream = null;
    this.announced = false;
  }

  private connect(context: AudioContext, stream: MediaStream): void {
    const sender = new AudioWorkletNode(context, "pcm-sender", { numberOfOutputs: 0 });
    const longest_bytes = 2 * context.sampleRate * LONGEST_WAIT_S;
    sender.port.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      if (this.context !== context || !this.announced) return;
      if (this.connection.buffered_bytes > longest_bytes) this.dropped_chunks += 1;
      else this.connection.send({ type: "audio", pcm: new Uint8Array(event.data) });
    };
    context.createMediaStreamSource(stream).connect(sender);
    void context.resume();
  }
}
