import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/**
 * What every page needs, in a few cacheable files. Pages, workbenches, the player, the map and the
 * trends are split off by their lazy imports alone.
 */
const BASE = /node_modules[\\/](react|react-dom|react-router|scheduler|@tanstack)[\\/]/;
const SURFACE = /node_modules[\\/](@mantine[\\/](core|hooks|store)|@floating-ui|@tabler|clsx)[\\/]/;

/** Used by fewer pages, a component travels with them: the sign-in page stays a third smaller. */
const SHARED_BY_MIN = 6;
/** So many pages: one file instead of dozens, each of which costs a far browser a part of a trip. */
const COMMON_TO_MIN = 8;

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../dist/console",
    emptyOutDir: true,
    target: "es2023",
    // Inlined files would need `data:` in font-src; self-hosted files are cached instead.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "base", test: BASE, priority: 2 },
            { name: "surface", test: SURFACE, priority: 1, minShareCount: SHARED_BY_MIN },
            { name: "start", tags: ["$initial"] },
            { name: "common", minShareCount: COMMON_TO_MIN },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": { target: "http://localhost:7480", ws: true } },
  },
});
