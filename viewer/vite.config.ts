import { defineConfig } from "vite";

// The page is served by the engine from one folder at any address, so every link in it is relative.
export default defineConfig(({ isSsrBuild }) => ({
  base: "./",
  build: isSsrBuild
    ? { target: "node20" }
    : {
        outDir: "../engine/viewer",
        emptyOutDir: true,
        target: "es2022",
        chunkSizeWarningLimit: 900,
        modulePreload: false,
        assetsInlineLimit: 0, // the audio worklet stays a file
      },
  server: { port: 5173, strictPort: true },
}));
