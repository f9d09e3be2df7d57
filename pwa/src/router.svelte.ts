/** The address is the state: the page it names is loaded when it is first shown. */
import { tick, type Component } from 'svelte';

export interface Page { path: string; title: string; access: 'all' | 'parent' | 'agent'; load: () => Promise<{ default: Component }> }

/** What everybody opens first; the rest of the table stands in pages.ts. */
const FIRST: readonly Page[] = [
  { path: '/connexion', title: 'Se connecter', access: 'all', load: () => import('./public/SignIn.svelte') },
  { path: '/accueil', title: 'Accueil', access: 'parent', load: () => import('./home/Home.svelte') },
  { path: '/planning', title: 'Planning', access: 'parent', load: () => import('./planning/Planning.svelte') },
];

interface Who { role: 'nobody' | 'parent' | 'agent' }
interface Shown { path: string; query: string; title: string; page: Component | null; failed: boolean }

export const route = $state<Shown>({ path: '', query: '', title: '', page: null, failed: false });
let who: () => Who['role'] = () => 'nobody';
let visit = 0;
let shown: Page | null = null;

const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);
const named = (pages: readonly Page[], path: string): Page | undefined => pages.find((page) => trimmed(page.path) === trimmed(path));

async function find(path: string): Promise<Page> {
  const first = named(FIRST, path);
  if (first) return first;
  const { NOT_FOUND, PAGES } = await import('./pages');
  return named(PAGES, path) ?? named(PAGES, path.startsWith('/agents/') ? '/agents/' : '') ?? NOT_FOUND;
}

/** Where someone lands who may not, or need not, see the page asked for; null: stay. */
function elsewhere(page: Page, url: URL): string | null {
  const role = who();
  const home = role === 'agent' ? '/agents/' : '/accueil';
  if (role === 'nobody') return page.access === 'all' ? null : `/connexion?retour=${encodeURIComponent(url.pathname + url.search)}`;
  if (page.path === '/' || page.path === '/connexion') return home;
  return page.access === 'all' || page.access === role ? null : home;
}

async function show(url: URL, focus: boolean): Promise<void> {
  const mine = ++visit;
  let page: Page | null = null;
  let loaded: Component | null = null;
  try {
    page = await find(url.pathname);
    const other = mine === visit ? elsewhere(page, url) : null;
    if (other) return await go(other, true);
    loaded = route.page && shown === page ? route.page : (await page.load()).default;
  } catch {
    loaded = null;
  }
  if (mine !== visit) return;
  const samePage = loaded !== null && shown === page;
  shown = loaded && page;
  const title = page?.title ?? 'Page';
  Object.assign(route, { path: url.pathname, query: url.search, title, page: loaded, failed: loaded === null });
  document.title = `${title} · Portail famille`;
  if (samePage) return;
  await tick();
  if (!focus) return;
  scrollTo(0, 0);
  // The new page announces itself: its heading takes the focus, as a full page load would do.
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
}

/** Moves inside the portal. `replace`: the page left is not kept in the history. */
export function go(address: string, replace = false): Promise<void> {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  return show(new URL(address, location.href), true);
}

/** Keeps a page's choices (week, child) in the address without leaving it. */
export function keepInAddress(parameters: Record<string, string>): void {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
  history.replaceState(null, '', location.pathname + (query ? `?${query}` : ''));
}

/** Shows the page of the address again, because who is signed in has changed. */
export const reconsider = (): Promise<void> => show(new URL(location.href), true);

/** Loads the pages that a parent opens next, once the first one is shown. */
export function warm(paths: string[]): void {
  for (const path of paths) void find(path).then((page) => page.load()).catch(() => undefined);
}

export function startRouter(roleNow: () => Who['role']): Promise<void> {
  who = roleNow;
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a');
    if (!link || link.origin !== location.origin || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    void go(link.href);
  });
  addEventListener('popstate', () => void show(new URL(location.href), true));
  return show(new URL(location.href), false);
}
