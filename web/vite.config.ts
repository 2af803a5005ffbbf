import { defineConfig } from "vite";

/** Built beside the API, which serves `index.html` at its own address and the rest below `static/`, at any root path. */
export default defineConfig({
  base: "./",
  build: {
    outDir: "../api/web",
    emptyOutDir: true,
    assetsDir: "",
    target: "es2022",
    cssTarget: ["chrome123", "firefox128", "safari17.5"], // which know light-dark()
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the security policy knows no data: addresses
    chunkSizeWarningLimit: 200,
  },
  experimental: {
    renderBuiltUrl: (file, { hostType }) => (hostType === "html" ? `static/${file}` : { relative: true }),
  },
});
