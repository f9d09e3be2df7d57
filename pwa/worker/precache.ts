// The app's own files in Cache Storage: one cache per version, unchanged files carried over from the one before.

const hashed = (path: string): boolean => path.startsWith('/assets/');
const PAGE = '/index.html';

/** Fills the cache of this version; all or nothing, so that a half-downloaded version never takes over. */
export async function fill(name: string, paths: string[], refreshed: string[]): Promise<void> {
  const shell = await caches.open(name);
  await Promise.all([...paths, ...refreshed].map(async (path) => {
    const kept = hashed(path) ? await caches.match(path) : undefined;
    const response = kept ?? (await fetch(new Request(path === PAGE ? '/' : path, { cache: hashed(path) ? 'default' : 'no-cache' })));
    if (!response.ok || response.redirected) throw new Error(`precache ${path}: ${response.status}`);
    await shell.put(path, response);
  }));
}

/** Drops the versions before this one. */
export async function prune(name: string): Promise<void> {
  for (const key of await caches.keys()) if (key.startsWith('shell-') && key !== name) await caches.delete(key);
}

export function isShell(path: string, paths: string[]): boolean {
  return paths.includes(path);
}

/** Every page address shows the one page of the app; its files come by their own names. */
export async function shellFor(name: string, request: Request, url: URL): Promise<Response> {
  const kept = await (await caches.open(name)).match(request.mode === 'navigate' ? PAGE : url.pathname);
  return kept ?? fetch(request);
}

/** What is kept at once, and the town's latest for the next time. */
export async function fresh(name: string, path: string, later: (work: Promise<unknown>) => void): Promise<Response> {
  const shell = await caches.open(name);
  const kept = await shell.match(path);
  const latest = fetch(path, { cache: 'no-cache' }).then(async (response) => {
    if (response.ok && !response.redirected) await shell.put(path, response.clone());
    return response;
  });
  if (!kept) return latest;
  later(latest.catch(() => undefined));
  return kept;
}
