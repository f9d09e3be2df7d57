/** What a service offers, as its agents read and write it. */
export interface Unit {
  id: string; activity: string; place: string; place_name: string; name: string; starts: string; ends: string; during: 'school' | 'holidays' | 'any'; rule: string;
  grades: string[]; counts: string[]; excludes: string[]; requires: string[]; weekdays: number[]; extra_days: string[]; skipped_days: string[]; tariff: string | null; openings: number;
}
export interface Activity { code: string; name: string; category: string; text: string; bookable: boolean; units: Unit[] }
export interface Capacity { id: string; place: string; place_name: string; name: string; capacity: number | null; shared_by: string[] }
export interface Offer { activities: Activity[]; places: { code: string; name: string; kind: string }[]; capacities: Capacity[]; tariffs: string[]; year: { from: string; to: string } }

export const CATEGORIES: [string, string][] = [
  ['care', 'Accueil'], ['homework', 'Étude'], ['leisure', 'Loisirs'], ['holiday', 'Vacances'], ['culture', 'Culture'], ['sport', 'Sport'], ['meal', 'Repas'],
];
export const DURING: [string, string][] = [['school', 'en période scolaire'], ['holidays', 'pendant les vacances'], ['any', 'toute l’année']];
export const GRADES = ['PS', 'MS', 'GS', 'CP', 'CE1', 'CE2', 'CM1', 'CM2'];
export const DAYS = ['lun.', 'mar.', 'mer.', 'jeu.', 'ven.', 'sam.', 'dim.'];
export const places = (capacity: number | null): string => (capacity === null ? 'sans limite' : String(capacity));

/** `2026-12-05, 2026-12-12` → the days; what is no day stays and is refused by the town. */
export const daysIn = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);
