/** Every page but those of the first load, each loaded when it is first shown. Loaded itself with the first of them. */
import './styles/pages.css';
import type { Page } from './router.svelte';

export const PAGES: readonly Page[] = [
  { path: '/', title: 'Bienvenue', access: 'all', load: () => import('./public/Welcome.svelte') },
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
export const NOT_FOUND: Page = { path: '', title: 'Page introuvable', access: 'all', load: () => import('./public/NotFound.svelte') };
