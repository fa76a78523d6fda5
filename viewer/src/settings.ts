/** What the page's address asks for; README and docs list the same. */
import type { Quality } from "./stage";

export interface Settings {
  /** `?overlay=1`: only the head on a transparent background, for OBS. */
  readonly overlay: boolean;
  /** `?panel=0`: the head without the panel. */
  readonly panel: boolean;
  /** `?quality=high|low`: shadows and fine detail; chosen by the graphics card where not given. */
  readonly quality: Quality | null;
  /** `?demo=1`: a computed face instead of an engine, for work on the page. */
  readonly demo: boolean;
  /** Address of the WebSocket: this page's host, or `?server=host:port`; with `?token=`. */
  readonly websocket: string;
  /** Address of the song that the engine serves. */
  readonly song: string;
  /** Address of its words and motion subtitles. */
  readonly script: string;
}

export function readSettings(location: Location): Settings {
  const query = new URLSearchParams(location.search);
  const quality = query.get("quality");
  const secure = location.protocol === "https:";
  const host = query.get("server") ?? location.host;
  const token = query.get("token");
  const suffix = token === null ? "" : `?token=${encodeURIComponent(token)}`;
  const overlay = query.get("overlay") === "1";
  return {
    overlay,
    panel: !overlay && query.get("panel") !== "0",
    quality: quality === "high" || quality === "low" ? quality : null,
    demo: query.get("demo") === "1",
    websocket: `${secure ? "wss" : "ws"}://${host}/ws${suffix}`,
    song: `${location.protocol}//${host}/song${suffix}`,
    script: `${location.protocol}//${host}/script${suffix}`,
  };
}
