/** The agents' pages: one line each. The shell, the side bar and the agents' home all read this table. */
import type { Component } from 'svelte';
import type { IconName } from '../ui/icons';

export type Group = 'Jour après jour' | 'Familles' | 'Offre et règles' | 'Facturation' | 'Informer' | 'Réglages';
export interface AgentPage {
  /** Under /agents/. */
  path: string;
  label: string;
  /** One line for the agents' home. */
  text: string;
  icon: IconName;
  group: Group;
  /** Codes of the services that may open it; absent: all. The server decides again at each request. */
  services?: readonly string[];
  load: () => Promise<{ default: Component }>;
}

export const GROUPS: readonly Group[] = ['Jour après jour', 'Familles', 'Offre et règles', 'Facturation', 'Informer', 'Réglages'];

const WITH_PLACES = ['enfance-education', 'emap', 'sports', 'jeunesse', 'amandier', 'petite-enfance'];

export const AGENT_PAGES: readonly AgentPage[] = [
  { path: '/agents/messages', label: 'Messages', text: 'Ce que les familles écrivent à votre service, et vos réponses', icon: 'message', group: 'Jour après jour', services: ['enfance-education', 'petite-enfance', 'regie', 'emap', 'sports', 'amandier', 'jeunesse'], load: () => import('./Inbox.svelte') },
  { path: '/agents/pointage', label: 'Listes du jour', text: 'Qui est attendu, pointer, imprimer, exporter', icon: 'done', group: 'Jour après jour', services: WITH_PLACES, load: () => import('./Attendance.svelte') },
  { path: '/agents/demandes', label: 'Demandes et attentes', text: 'Demandes à décider, listes d’attente, places proposées', icon: 'queue', group: 'Jour après jour', services: WITH_PLACES, load: () => import('./Asks.svelte') },
  { path: '/agents/inscriptions', label: 'Demandes d’inscription', text: 'Décider, demander une pièce, liste d’attente', icon: 'pen', group: 'Jour après jour', services: WITH_PLACES, load: () => import('./Requests.svelte') },
  { path: '/agents/guichet', label: 'Guichet', text: 'Réserver ou annuler pour une famille', icon: 'user', group: 'Familles', services: WITH_PLACES, load: () => import('./Counter.svelte') },
  { path: '/agents/activites', label: 'Activités et places', text: 'Créer une activité, ses créneaux, ses groupes, ses places', icon: 'calendar', group: 'Offre et règles', services: WITH_PLACES, load: () => import('./Offer.svelte') },
  { path: '/agents/campagnes', label: 'Campagnes d’inscription', text: 'Qui peut s’inscrire, quand, avec quelles pièces', icon: 'pen', group: 'Offre et règles', services: WITH_PLACES, load: () => import('./Rounds.svelte') },
  { path: '/agents/ouvertures', label: 'Ouvertures et places', text: 'Fermer un jour, changer le nombre de places', icon: 'days', group: 'Offre et règles', services: WITH_PLACES, load: () => import('./Openings.svelte') },
  { path: '/agents/regles', label: 'Règles et limites', text: 'Lire une règle, l’essayer sur un jour, la changer', icon: 'clock', group: 'Offre et règles', services: WITH_PLACES, load: () => import('./Rules.svelte') },
  { path: '/agents/modifications', label: 'Modifications à vérifier', text: 'Ce que les familles ont changé, champ par champ', icon: 'pen', group: 'Familles', load: () => import('./Changes.svelte') },
  { path: '/agents/dossiers', label: 'Dossiers', text: 'Chercher et consulter le dossier d’une famille', icon: 'folder', group: 'Familles', load: () => import('./Files.svelte') },
  { path: '/agents/garde', label: 'Garde alternée', text: 'Les jours de chaque parent d’un enfant de deux dossiers', icon: 'calendar', group: 'Familles', services: ['enfance-education'], load: () => import('./Custody.svelte') },
  { path: '/agents/comptes', label: 'Comptes des parents', text: 'Débloquer, renvoyer un lien', icon: 'user', group: 'Familles', load: () => import('./Accounts.svelte') },
  { path: '/agents/lettres', label: 'Lettres', text: 'Le numéro et le nom du dossier, à imprimer et à poster', icon: 'print', group: 'Familles', load: () => import('./Letters.svelte') },
  { path: '/agents/import', label: 'Import', text: 'Reprendre la base de facturation', icon: 'download', group: 'Familles', load: () => import('./Import.svelte') },
  { path: '/agents/quotients', label: 'Quotients familiaux', text: 'Demander à la CAF, ou enregistrer ce qui a été lu', icon: 'info', group: 'Familles', load: () => import('./Quotients.svelte') },
  { path: '/agents/effacements', label: 'Effacements', text: 'Demandes d’effacement et durées de conservation', icon: 'closed', group: 'Réglages', load: () => import('./Erasures.svelte') },
  { path: '/agents/actualites', label: 'Actualités', text: 'Écrire, programmer, corriger, retirer', icon: 'news', group: 'Informer', load: () => import('./News.svelte') },
  { path: '/agents/documents', label: 'Documents', text: 'La bibliothèque publique et ses versions', icon: 'folder', group: 'Informer', load: () => import('./Documents.svelte') },
  { path: '/agents/envois', label: 'Envois groupés', text: 'Écrire aux familles d’une activité, d’une école, d’un jour', icon: 'send', group: 'Informer', services: ['enfance-education', 'petite-enfance', 'regie', 'emap', 'sports', 'amandier', 'jeunesse'], load: () => import('./Mailings.svelte') },
  { path: '/agents/non-remis', label: 'Envois non remis', text: 'Courriels et notifications que rien n’a pu remettre', icon: 'alert', group: 'Informer', load: () => import('./DeadLetters.svelte') },
  { path: '/agents/facturation', label: 'Facturation du mois', text: 'Du brouillon à l’émission et à la publication', icon: 'invoice', group: 'Facturation', services: ['regie'], load: () => import('./Billing.svelte') },
  { path: '/agents/factures', label: 'Factures et encaissements', text: 'Impayés, encaissements, avoirs, relances, journal', icon: 'check', group: 'Facturation', services: ['regie'], load: () => import('./InvoiceDesk.svelte') },
  { path: '/agents/controle', label: 'Contrôle des comptes', text: 'Ce que la vérification de la nuit a trouvé', icon: 'done', group: 'Facturation', services: ['regie'], load: () => import('./BalanceChecks.svelte') },
  { path: '/agents/prelevements', label: 'Prélèvements et Trésor', text: 'Mandats, lots pour la banque, rejets, export des impayés', icon: 'refresh', group: 'Facturation', services: ['regie'], load: () => import('./Debits.svelte') },
  { path: '/agents/tarifs', label: 'Tarifs', text: 'Les prix, leurs délibérations, une nouvelle version avec son banc d’essai', icon: 'pen', group: 'Facturation', services: ['regie'], load: () => import('./Tariffs.svelte') },
  { path: '/agents/essai', label: 'Prix d’un dossier', text: 'Ce que paie une famille un jour donné, et pourquoi', icon: 'question', group: 'Facturation', services: ['regie'], load: () => import('./PriceBench.svelte') },
];

/** What an agent of this service may open, in the order of the groups. */
export const pagesOf = (service: string | null): AgentPage[] =>
  GROUPS.flatMap((group) => AGENT_PAGES.filter((page) => page.group === group && (!page.services || page.services.includes(service ?? ''))));

/** The page of an address, with what follows its path: « /agents/familles/104217 » is the page « /agents/familles » and « 104217 ». */
export function agentPage(path: string): { page: AgentPage; rest: string } | null {
  const found = AGENT_PAGES.filter((page) => path === page.path || path.startsWith(`${page.path}/`)).sort((a, b) => b.path.length - a.path.length)[0];
  return found ? { page: found, rest: decodeURIComponent(path.slice(found.path.length + 1).replace(/\/$/, '')) } : null;
}
