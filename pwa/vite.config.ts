// The pages' build, and the tests of the client (they live in ../tests/pwa, beside the server's).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const version = /^version = "(.+)"$/m.exec(readFileSync(here('../pyproject.toml'), 'utf8'))?.[1] ?? '0';
const server = process.env.PORTAIL_DEV_SERVER ?? 'http://127.0.0.1:8000';

// What everybody needs from the sign-in to the planning. What only rarer pages share stays out of the first load.
const FIRST = /node_modules|\/sync\/|\/pwa\/src\/(local|syncing|ui|texts|public)\/|\/accounts\/(session|remembered|others|wipe)|\/planning\/(rules|dates|words)/;

export default defineConfig({
  plugins: [svelte()],
  define: { __APP_VERSION__: JSON.stringify(version) },
  // The policy of the pages forbids inline styles and scripts, so nothing may be inlined into index.html.
  // What two pages share goes into one file: many small ones cost a set of headers each, and compress badly.
  build: {
    target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'app', minShareCount: 2, test: FIRST }] } } },
  },
  server: { fs: { allow: [here('..')] }, proxy: { '/api': server, '/theme.css': server, '/manifest.json': server } },
  // Browser conditions, or Svelte would give its server half to the tests.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { dir: here('../tests/pwa'), include: ['**/*.test.ts'], environment: 'node', sequence: { shuffle: true } },
});
