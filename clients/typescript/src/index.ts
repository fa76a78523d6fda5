// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
export { ServerClock } from "./clock.js";
export { Connection, type ConnectionOptions, type ConnectionState } from "./connection.js";
export { Face, type FaceOptions } from "./face.js";
export { between, type Moment, Playback } from "./playback.js";
export * from "./protocol.js";
