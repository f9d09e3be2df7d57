// The pages' build, and the tests of the client (they live in ../tests/pwa, beside the server's).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { carryRuntime, firstLoad } from './first-load.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const version = /^version = "(.+)"$/m.exec(readFileSync(here('../pyproject.toml'), 'utf8'))?.[1] ?? '0';
const server = process.env.PORTAIL_DEV_SERVER ?? 'http://127.0.0.1:8000';

const common = {
  root: here('.'),
  // Every component of ours uses runes: the older way's code need not be carried.
  plugins: [svelte({ compilerOptions: { runes: ({ filename }: { filename: string }) => (filename.includes('node_modules') ? undefined : true) } })],
  define: { __APP_VERSION__: JSON.stringify(version) },
  // The policy of the pages forbids inline styles and scripts, so nothing may be inlined into index.html.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
} satisfies ViteUserConfig;
// A module of ours that gives nothing that is used does nothing either: doors like local/api.ts then cost nobody what others take.
const treeshake = { moduleSideEffects: [{ test: /\/(pwa\/src|sync)\/.*\.ts$|svelte\/.*\/custom-element\.js$/, sideEffects: false }] };

export default defineConfig(async ({ command }) => {
  const rolldownOptions = { treeshake };
  const pages = /\/src\/(home\/Home|planning\/Planning)\.svelte$/;
  const entry = /\/src\/(main\.ts|public\/SignIn\.svelte)$/;
  const name = command === 'build' && !process.env.VITEST ? await firstLoad({ ...common, build: { ...common.build, rolldownOptions } }, entry, pages) : () => null;
  return {
    ...common,
    plugins: [...common.plugins, carryRuntime(['index', 'inside'])],
    build: { ...common.build, rolldownOptions: { treeshake, output: { codeSplitting: { groups: [{ name, debugName: 'first load' }] } } } },
    server: { fs: { allow: [here('..')] }, proxy: { '/api': server, '/theme.css': server, '/manifest.json': server } },
    // Browser conditions, or Svelte would give its server half to the tests.
    resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
    test: { dir: here('../tests/pwa'), include: ['**/*.test.ts'], environment: 'node' as const, sequence: { shuffle: true } },
  };
});
