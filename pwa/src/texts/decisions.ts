/** What stands beside a slot of the planning: the few words of what the town decided, or of what acting would mean. */
import type { IconName } from '../ui/icons';
import { amount, moment } from './format';

export type Tone = '' | 'phone' | 'sent' | 'ok' | 'warn' | 'bad';
export interface Face { icon: IconName; tone: Tone; text: string }

/** « Liste d’attente, rang 4 » */
export const waitingAt = (rank: number | undefined): string => (rank ? `Liste d’attente, rang ${rank}` : 'Liste d’attente');

/** The few words of a refusal, for a tag beside the slot. */
export function refusedShort(code: string | undefined): string {
  if (code === 'FULL') return 'Complet';
  if (code === 'DEADLINE_PASSED') return 'Refusé : trop tard';
  if (code === 'SESSION_CLOSED') return 'Refusé : fermé';
  if (code === 'PRICE_CHANGED') return 'Refusé : tarif changé';
  if (code === 'OFFER_EXPIRED') return 'Délai de réponse passé';
  return 'Refusé';
}

/** « Le tarif est passé de 3,50 € à 3,80 €. Confirmer avant demain, 10 h ? » or a place that was freed. */
export function priceQuestion(cents: number | undefined, limit: number | undefined, until: number, now: number): string {
  const before = until ? `Confirmer avant ${moment(until, now)} ?` : 'Confirmer ?';
  if (cents !== undefined && limit !== undefined && cents > limit) return `Le tarif est passé de ${amount(limit)} à ${amount(cents)}. ${before}`;
  return `Une place s’est libérée${cents === undefined ? '' : ` (${amount(cents)})`}. ${before}`;
}

/** What acting past the limit means, said beside the slot before it is done. */
export function lateLine(act: 'add' | 'remove', then: 'accept' | 'ask' | 'waiting', cents: number): string {
  if (act === 'remove') return cents ? `Hors délai : ${amount(cents)} ${cents < 200 ? 'restera dû' : 'resteront dus'}.` : 'Hors délai, sans frais.';
  const extra = cents ? ` (${amount(cents)} de majoration)` : '';
  if (then === 'ask') return `Hors délai : sur accord du service${extra}.`;
  return then === 'waiting' ? 'Hors délai : en liste d’attente, le service décide.' : `Hors délai : accepté${extra}.`;
}

export const LEVELS = [{ level: 'many', text: 'Beaucoup de places' }, { level: 'few', text: 'Peu de places' }, { level: 'full', text: 'Complet' }] as const;
