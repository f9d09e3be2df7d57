/** The address is the state: a table of pages, loaded when they are first shown, and the page on screen. */
import { tick, type Component } from 'svelte';

interface Page { path: string; title: string; access: 'all' | 'parent' | 'agent'; load: () => Promise<{ default: Component }> }

export const PAGES: readonly Page[] = [
  { path: '/', title: 'Bienvenue', access: 'all', load: () => import('./public/Welcome.svelte') },
  { path: '/connexion', title: 'Se connecter', access: 'all', load: () => import('./public/SignIn.svelte') },
  { path: '/inscription-compte', title: 'Créer un compte', access: 'all', load: () => import('./registration/SignUp.svelte') },
  { path: '/activation', title: 'Activation du compte', access: 'all', load: () => import('./registration/Activation.svelte') },
  { path: '/mot-de-passe', title: 'Mot de passe', access: 'all', load: () => import('./accounts/Recovery.svelte') },
  { path: '/adresse', title: 'Nouvelle adresse', access: 'all', load: () => import('./accounts/ConfirmEmail.svelte') },
  { path: '/rejoindre', title: 'Rejoindre un dossier', access: 'parent', load: () => import('./registration/Join.svelte') },
  { path: '/compte', title: 'Mon compte', access: 'all', load: () => import('./accounts/Account.svelte') },
  { path: '/actualites', title: 'Actualités', access: 'all', load: () => import('./news/News.svelte') },
  { path: '/documents', title: 'Documents', access: 'all', load: () => import('./documents/Documents.svelte') },
  { path: '/accessibilite', title: 'Accessibilité', access: 'all', load: () => import('./public/Accessibility.svelte') },
  { path: '/messages', title: 'Échange avec les services', access: 'all', load: () => import('./messages/Messages.svelte') },
  { path: '/accueil', title: 'Accueil', access: 'parent', load: () => import('./home/Home.svelte') },
  { path: '/planning', title: 'Planning', access: 'parent', load: () => import('./planning/Planning.svelte') },
  { path: '/factures', title: 'Facturation', access: 'parent', load: () => import('./invoices/Invoices.svelte') },
  { path: '/simulation', title: 'Simulation', access: 'all', load: () => import('./simulation/Simulation.svelte') },
  { path: '/envois', title: 'Mes envois', access: 'parent', load: () => import('./sends/Sends.svelte') },
  { path: '/dossier', title: 'Mon dossier', access: 'parent', load: () => import('./families/Dossier.svelte') },
  { path: '/inscription', title: 'Inscription', access: 'parent', load: () => import('./enrolment/Enrolments.svelte') },
  { path: '/inscription/activites', title: 'Trouver une activité', access: 'parent', load: () => import('./enrolment/Finder.svelte') },
  { path: '/connexion/franceconnect', title: 'Relier votre dossier', access: 'all', load: () => import('./franceconnect/Arrival.svelte') },
  { path: '/consentements', title: 'Mes consentements', access: 'parent', load: () => import('./consents/Consents.svelte') },
  { path: '/mes-donnees', title: 'Mes données', access: 'parent', load: () => import('./privacy/MyData.svelte') },
  { path: '/plus', title: 'Plus', access: 'parent', load: () => import('./public/More.svelte') },
  { path: '/parametres', title: 'Paramètres', access: 'all', load: () => import('./settings/Settings.svelte') },
  { path: '/agents/', title: 'Espace des agents', access: 'agent', load: () => import('./agents/Agents.svelte') },
];
const NOT_FOUND: Page = { path: '', title: 'Page introuvable', access: 'all', load: () => import('./public/NotFound.svelte') };

interface Who { role: 'nobody' | 'parent' | 'agent' }
interface Shown { path: string; query: string; title: string; page: Component | null; failed: boolean }

export const route = $state<Shown>({ path: '', query: '', title: '', page: null, failed: false });
let who: () => Who['role'] = () => 'nobody';
let visit = 0;

const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);
const find = (path: string): Page => PAGES.find((page) => trimmed(page.path) === trimmed(path)) ?? (path.startsWith('/agents/') ? find('/agents/') : NOT_FOUND);

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
  const page = find(url.pathname);
  const other = elsewhere(page, url);
  if (other) return go(other, true);
  const samePage = route.page !== null && find(route.path) === page;
  let loaded: Component | null = null;
  try {
    loaded = samePage ? route.page : (await page.load()).default;
  } catch {
    loaded = null;
  }
  if (mine !== visit) return;
  Object.assign(route, { path: url.pathname, query: url.search, title: page.title, page: loaded, failed: loaded === null });
  document.title = `${page.title} · Portail famille`;
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
  for (const path of paths) void find(path).load().catch(() => undefined);
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
