/** Occasions to enrol as agents write them. */
import { TOWN_ZONE } from '../planning/dates';

export interface Group { id: string | null; name: string; units: string[]; capacity: number | null; grades: string[]; ages: [number | null, number | null] | null; taken?: number; waiting?: number }
export interface Paper { code: string; label: string; needed: boolean; proof: string | null }
export interface Question { code: string; label: string; kind: 'text' | 'yes_no' | 'choice'; choices: string[]; needed: boolean }
export interface Round {
  id: string; activity: string; activity_name: string; name: string; kind: 'annual' | 'period' | 'event'; text: string; since: string; until: string; closes_at: number;
  windows: [string, number][]; decided: boolean; published: boolean; papers: Paper[]; questions: Question[]; groups: Group[];
}
export const PRIORITIES: [string, string][] = [['renewals', 'Déjà inscrits'], ['siblings', 'Frères et sœurs d’inscrits'], ['residents', 'Habitants de la commune'], ['everyone', 'Tout le monde']];
export const KINDS: [Round['kind'], string][] = [['annual', 'À l’année'], ['period', 'Une période (vacances)'], ['event', 'Un seul jour (sortie)']];
export const PROOFS: [string, string][] = [['', 'aucun'], ['insurance', 'l’assurance'], ['address', 'le justificatif de domicile'], ['vaccination', 'les vaccins']];

const townClock = new Intl.DateTimeFormat('sv-SE', { timeZone: TOWN_ZONE, dateStyle: 'short', timeStyle: 'short' });

/** An instant as a field of date and hour wants it, on the town's clock whatever the computer's; '' for none. */
export const localOf = (ms: number | undefined): string => (ms ? townClock.format(ms).replace(' ', 'T') : '');

/** The instant of a date and hour on the town's clock. */
export function msOf(local: string): number {
  if (!local) return 0;
  const asUtc = Date.parse(`${local}:00Z`);
  let ms = asUtc;
  // Twice: the first guess may lie on the other side of a clock change.
  for (let turn = 0; turn < 2; turn++) ms += asUtc - Date.parse(`${localOf(ms)}:00Z`);
  return ms;
}

/** A code of a label, unlike those that are there. */
export function codeOf(label: string, taken: string[]): string {
  const base = label.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 16).replace(/-$/, '') || 'x';
  let found = base;
  for (let at = 2; taken.includes(found); at++) found = `${base}-${at}`;
  return found;
}
