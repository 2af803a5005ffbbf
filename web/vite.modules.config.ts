import { defineConfig } from "vite";

/** Modules without a DOM, for tests that run them in a browser one by one; they are no part of what is served. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "build",
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    lib: { entry: ["src/house/store.ts", "src/data/socket.ts"], formats: ["es"] },
  },
});
