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

export const AGENT_PAGES: readonly AgentPage[] = [
];

/** What an agent of this service may open, in the order of the groups. */
export const pagesOf = (service: string | null): AgentPage[] =>
  GROUPS.flatMap((group) => AGENT_PAGES.filter((page) => page.group === group && (!page.services || page.services.includes(service ?? ''))));

/** The page of an address, with what follows its path: « /agents/familles/104217 » is the page « /agents/familles » and « 104217 ». */
export function agentPage(path: string): { page: AgentPage; rest: string } | null {
  const found = AGENT_PAGES.filter((page) => path === page.path || path.startsWith(`${page.path}/`)).sort((a, b) => b.path.length - a.path.length)[0];
  return found ? { page: found, rest: decodeURIComponent(path.slice(found.path.length + 1).replace(/\/$/, '')) } : null;
}
