// The service worker: one self-contained file that knows what the pages' build wrote. `--mode farewell` builds the way out.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const dist = here('../dist');
const version = /^version = "(.+)"$/m.exec(readFileSync(here('../../pyproject.toml'), 'utf8'))?.[1] ?? '0';

/** What an offline start needs: code, style, the page, drawings; not the workers, nor pictures only a shop window shows. */
function precached(): string[] {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => `${file.parentPath.slice(dist.length)}/${file.name}`.replaceAll('\\', '/'))
    .filter((path) => /\.(html|js|css|svg|woff2)$/.test(path) && !/^\/(sw|farewell-sw)\.js$/.test(path))
    .sort();
}

function digest(paths: string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update(readFileSync(dist + path));
  return hash.digest('hex').slice(0, 12);
}

export default defineConfig(({ mode }) => {
  const [input, output] = mode === 'farewell' ? ['farewell.ts', 'farewell-sw.js'] : ['sw.ts', 'sw.js'];
  const paths = precached();
  return {
    root: here('.'),
    publicDir: false,
    define: {
      __PRECACHE__: JSON.stringify(paths),
      __SHELL_VERSION__: JSON.stringify(digest(paths)),
      __APP_VERSION__: JSON.stringify(version),
    },
    build: {
      outDir: dist, emptyOutDir: false, target: 'es2022',
      rolldownOptions: { input: here(`./${input}`), output: { format: 'iife', entryFileNames: output } },
    },
  };
});
