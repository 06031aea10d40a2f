import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** `npm run preview-screens`: the stand-in for Rust, so that a browser can show the screens. */
const screensWithoutRust: Plugin = {
  name: "screens-without-rust",
  transformIndexHtml: {
    order: "pre",
    handler: (html) => html.replace("/src/main.ts", "/tests/preview.ts"),
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), ...(mode === "screens" ? [screensWithoutRust] : [])],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  // The oldest engines the window meets: WebKitGTK 2.38, WebView2, Safari 15.
  build: {
    target: ["es2022", "safari15"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    testTimeout: 20_000,
    setupFiles: ["tests/setup.ts"],
  },
}));
