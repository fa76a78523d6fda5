/** The page: connects to the engine, shows the face that it sends, and what it hears. */
import "./style.css";
import { Connection, type ConnectionState } from "./connection";
import { Head, REST } from "./head";
import { Median, Rate } from "./meter";
import { Microphone } from "./microphone";
import { OutputList } from "./outputs";
import { element, Panel } from "./panel";
import { type Moment, Playback } from "./playback";
import { Player } from "./player";
import { Prompter } from "./prompter";
import type { Frame, Hello, ServerMessage, Status } from "./protocol";
import { rehearse } from "./rehearsal";
import { fetchScript, NO_SCRIPT } from "./script";
import { readSettings, type Settings } from "./settings";
import { Singer } from "./singer";
import { Sound } from "./sound";
import { chooseQuality, Stage } from "./stage";

/** Meters and traces are drawn at most this often, in ms: they share the processor with the head. */
const PANEL_MS = 33;

/** What tests and curious people can ask the page, as `window.t2s`. */
export interface TestHook {
  /** Whether the head is loaded and drawn. */
  readonly ready: boolean;
  /** State of the connection. */
  readonly state: ConnectionState;
  /** Distance between the inner edges of the lips at their middle in mm, from the vertices as drawn. */
  mouthOpening(): number;
  /** What the song does, as the engine has it: `stopped`, `playing` or `paused`. */
  readonly songState: string;
  /** Counters: pictures and frames a second, latency, frames received and missed, newest seq. */
  readonly stats: {
    readonly picture_fps: number;
    readonly frame_fps: number;
    readonly latency_ms: number | null;
    readonly received_frames: number;
    readonly missed_frames: number;
    readonly seq: number | null;
    readonly drift_ms: number | null;
    readonly quality: string;
  };
  /** Show these ARKit weights instead of what the engine sends; null lets go. For pictures and tests. */
  hold(weights: Readonly<Record<string, number>> | null): void;
}

declare global {
  interface Window {
    t2s: TestHook;
  }
}

/** Everything that lives as long as the page. */
class Page {
  private readonly stage: Stage;
  private readonly panel = new Panel();
  private readonly prompter = new Prompter();
  private readonly sound = new Sound((sentence) => this.panel.showProblem(sentence));
  private readonly connection: Connection | null;
  private readonly microphone: Microphone | null;
  private readonly player: Player | null;
  private readonly outputs: OutputList | null;
  private readonly pictures = new Rate();
  private readonly arrivals = new Rate();
  private readonly latency = new Median(60);
  private head: Head | null = null;
  private hello: Hello | null = null;
  private singer: Singer | null = null;
  private playback: Playback | null = null;
  private state: ConnectionState = "connecting";
  private held: ReadonlyMap<string, number> | null = null;
  private actions = new Float32Array(0);
  private panel_ms = 0;
  private songState = "stopped";
  private scriptRevision = 0;

  constructor(private readonly settings: Settings) {
    document.body.classList.toggle("overlay", settings.overlay);
    document.body.classList.toggle("bare", !settings.panel);
    this.stage = new Stage(element("stage") as HTMLCanvasElement, settings.quality ?? chooseQuality());
    if (settings.demo) {
      this.connection = null;
      this.microphone = null;
      this.player = null;
      this.outputs = null;
      rehearse((message, arrived_ms) => this.receive(message, arrived_ms));
      this.changeState("connected", "No engine: the page moves the face itself (demo=1).");
    } else {
      this.connection = new Connection(settings.websocket, {
        streams: ["actions", "arkit", "flame", "voice"],
        onMessage: (message, arrived_ms) => this.receive(message, arrived_ms),
        onState: (state, sentence) => this.changeState(state, sentence),
      });
      this.microphone = new Microphone(this.connection, (sentence) => this.panel.showProblem(sentence));
      const { connection } = this;
      this.outputs = new OutputList((message) => connection.send(message));
      this.player = new Player({
        send: (message) => connection.send(message),
        serverClock: (now_ms) => connection.clock.at(now_ms),
        onProblem: (sentence) => this.panel.showProblem(sentence),
      });
    }
    element("listen").addEventListener("click", () => void this.toggleListening());
    element("sing").addEventListener("click", () => void this.toggleSinging());
    window.t2s = this.testHook();
  }

  /** Load the head, then draw for ever. */
  async start(): Promise<void> {
    this.head = await Head.load("head.glb", this.stage.quality);
    this.stage.show(this.head.scene);
    document.body.classList.add("ready");
    const draw = (now_ms: number): void => {
      requestAnimationFrame(draw);
      this.draw(now_ms);
    };
    requestAnimationFrame(draw);
  }

  /** Say what went wrong where the head should be. */
  fail(problem: unknown): void {
    element("notice").textContent = `The head cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`;
  }

  private receive(message: ServerMessage, arrived_ms: number): void {
    switch (message.type) {
      case "hello":
        return this.begin(message);
      case "frame":
        return this.take(message, arrived_ms);
      case "status":
        return this.takeStatus(message);
      case "outputs":
        return this.outputs?.take(message);
      case "error":
        if (message.code.startsWith("audio")) this.microphone?.stop();
        if (message.code.startsWith("transport")) this.player?.refused();
        this.showButtons();
        return this.panel.showProblem(message.message);
      case "pong":
      case "unknown":
        return;
    }
  }

  private begin(hello: Hello): void {
    this.hello = hello;
    this.singer = new Singer(hello);
    this.playback = new Playback(hello.sampleRate_hz, hello.frame_samples);
    this.actions = new Float32Array(hello.actions.length);
    this.latency.clear();
    this.sound.forget();
    this.scriptRevision = 0;
    this.prompter.show(NO_SCRIPT);
    this.panel.showHello(hello);
    this.panel.showProblem("");
    this.microphone?.announce();
    this.player?.allow(hello.takesTransport, hello.song ? { name: hello.song, url: this.settings.song } : null);
    this.outputs?.allow(hello.switchesOutputs);
    this.showButtons();
  }

  private takeStatus(status: Status): void {
    this.panel.showStatus(status);
    this.songState = status.songState;
    if (status.script === this.scriptRevision) return;
    this.scriptRevision = status.script;
    const wanted = status.script === 0 ? Promise.resolve(NO_SCRIPT) : fetchScript(this.settings.script);
    wanted
      .then((script) => this.prompter.show(script))
      .catch((problem: unknown) => this.panel.showProblem(`The song's words cannot be shown: ${String(problem)}`));
  }

  private take(frame: Frame, arrived_ms: number): void {
    this.arrivals.count(arrived_ms);
    this.playback?.push(frame, arrived_ms);
    if (frame.voice && this.hello) this.panel.addVoice(frame.pts_samples / this.hello.sampleRate_hz, frame.voice);
  }

  private changeState(state: ConnectionState, sentence: string): void {
    this.state = state;
    if (state !== "connected") {
      this.sound.stop();
      this.microphone?.disconnected();
      this.showButtons();
    }
    this.panel.showConnection(state, sentence);
  }

  private draw(now_ms: number): void {
    this.pictures.count(now_ms);
    const moment = this.playback?.at(now_ms) ?? null;
    if (this.head) this.head.show(this.poseAt(moment));
    this.stage.draw();
    if (!moment || !this.singer) return;
    this.measureLatency(moment, now_ms);
    const song_s = songPosition(moment);
    this.sound.follow(song_s, now_ms);
    this.prompter.draw(song_s);
    if (this.settings.panel && now_ms - this.panel_ms >= PANEL_MS) {
      this.panel_ms = now_ms;
      this.singer.actions(moment, this.actions);
      this.panel.draw(this.actions, moment.newer.voice, () => this.numbers(), now_ms);
    }
  }

  private poseAt(moment: Moment | null): typeof REST {
    const pose = moment && this.singer ? this.singer.pose(moment) : REST;
    return this.held ? { ...REST, weights: this.held } : pose;
  }

  /** How old the sound is that the picture depicts: from its capture to this moment of drawing. */
  private measureLatency(moment: Moment, now_ms: number): void {
    const server_ms = this.connection?.clock.at(now_ms) ?? null;
    const { captured_ns } = moment.newer;
    if (server_ms === null || captured_ns === 0 || !this.hello) return;
    const lookAhead_ms = (1000 * this.hello.lookAhead_samples) / this.hello.sampleRate_hz;
    this.latency.add(server_ms - captured_ns / 1e6 + lookAhead_ms + moment.behind_ms);
  }

  private numbers(): TestHook["stats"] {
    const now_ms = performance.now();
    return {
      picture_fps: this.pictures.perSecond(now_ms),
      frame_fps: this.arrivals.perSecond(now_ms),
      latency_ms: this.latency.value,
      received_frames: this.playback?.received_frames ?? 0,
      missed_frames: this.playback?.missed_frames ?? 0,
      seq: this.playback?.newest?.seq ?? null,
      drift_ms: this.sound.drift_ms,
      quality: this.stage.quality,
    };
  }

  private async toggleListening(): Promise<void> {
    this.panel.showProblem("");
    if (this.sound.listening) {
      this.sound.stop();
    } else {
      const started = this.sound.listen(this.settings.song);
      this.showButtons();
      await started;
    }
    this.showButtons();
  }

  private async toggleSinging(): Promise<void> {
    this.panel.showProblem("");
    if (this.microphone?.singing) this.microphone.stop();
    else await this.microphone?.start();
    this.showButtons();
  }

  private showButtons(): void {
    const [listen, sing] = [element("listen"), element("sing")];
    // Where this page may be the song's player, there is nothing to follow: it leads.
    document.body.classList.toggle("has-song", this.hello?.song != null && !this.hello.takesTransport);
    document.body.classList.toggle("listens-here", this.hello?.takesAudio === true);
    listen.textContent = this.sound.listening ? "Stop listening" : "Listen";
    listen.title = this.hello?.song ? `Play ${this.hello.song} in step with the face` : "";
    sing.textContent = this.microphone?.singing ? "Stop singing" : "Sing";
    listen.ariaPressed = String(this.sound.listening);
    sing.ariaPressed = String(this.microphone?.singing ?? false);
  }

  private testHook(): TestHook {
    const page = this;
    return {
      get ready() {
        return page.head !== null;
      },
      get state() {
        return page.state;
      },
      mouthOpening: () => page.head?.mouthOpening() ?? 0,
      get songState() {
        return page.songState;
      },
      get stats() {
        return page.numbers();
      },
      hold(weights) {
        page.held = weights && new Map(Object.entries(weights));
      },
    };
  }
}

/** The song's position at a moment, in s; a loop's jump is not smoothed over. Negative where none plays. */
function songPosition({ older, newer, share }: Moment): number {
  const step_s = newer.song_s - older.song_s;
  if (newer.song_s < 0 || older.song_s < 0 || step_s < 0 || step_s > 1) return newer.song_s;
  return older.song_s + share * step_s;
}

const page = new Page(readSettings(window.location));
page.start().catch((problem: unknown) => page.fail(problem));
