import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The heavy libraries, each kept out of the first page; pages import them lazily. */
const LAZY_LIBRARIES = [
  { name: "map", test: /node_modules[\\/](@xyflow|d3-|classcat|zustand)/ },
  { name: "trend", test: /node_modules[\\/]uplot/ },
];

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../dist/console",
    emptyOutDir: true,
    target: "es2023",
    // Inlined files would need `data:` in font-src; self-hosted files are cached instead.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: LAZY_LIBRARIES } } },
  },
  server: {
    proxy: { "/api": { target: "http://localhost:7480", ws: true } },
  },
});
