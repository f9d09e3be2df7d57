/** A tariff as the régie enters it: the shape of server/tariffs/rules/terms.py, with every default written out so that a form can hold it. */
export interface When { resident: boolean | null; ranks: number[] | null; children: number[] | null; days: number[] | null; traits: string[] }
export interface Bracket { label: string; from: number; to: number | null; cents: number }
export type Amount =
  | { method: 'flat'; cents: number } | { method: 'brackets'; brackets: Bracket[] } | { method: 'highest' }
  | { method: 'effort'; rate_percent: string; floor_cents: number; ceiling_cents: number | null } | { method: 'linear'; points: [number, number][] };
export type Method = Amount['method'];
export interface Grid { label: string; when: When; amount: Amount }
export interface Change { label: string; percent: number; cents: number; min_cents: number; when: When }
export interface Terms {
  grids: Grid[]; per: 'unit' | 'month' | 'period' | 'year'; ranks_among: 'enrolled' | 'family' | 'present';
  duration: { minutes: number; step: number; least_minutes: number; most_minutes: number | null } | null;
  supplements: { code: string; label: string; cents: number }[]; changes: Change[];
  outcomes: { excused: number; unexcused: number; unbooked: number; late: number; unexcused_cents: number; unbooked_cents: number; waiting_days: number };
  subsidies: { label: string; trait: string; cents: number }[]; rounding: { mode: 'half_up' | 'up' | 'down'; to_cents: number };
  overrun: { step: number; cents: number; grace: number } | null; most_cents_a_month: number | null; unknown_cents: number | null;
}
export interface Version { version: number; since: string; until: string | null; decision: string; agent: string | null; state: 'past' | 'current' | 'coming'; terms: Partial<Terms> }
export interface PriceList { code: string; labels: string[]; versions: Version[] }

export const METHODS: [Method, string][] = [
  ['flat', 'Le même pour tous'], ['brackets', 'Par tranches de quotient'], ['effort', 'Taux d’effort : une part du quotient'],
  ['linear', 'Droite entre des points'], ['highest', 'Le plus élevé des tarifs de la commune'],
];
export const PER: [Terms['per'], string][] = [['unit', 'chaque présence'], ['month', 'forfait par mois'], ['period', 'forfait par période'], ['year', 'une fois par an']];
export const AMONG: [Terms['ranks_among'], string][] = [
  ['enrolled', 'les enfants inscrits à cette activité'], ['family', 'tous les enfants du dossier'], ['present', 'les enfants présents le même jour'],
];
export const ROUNDINGS: [Terms['rounding']['mode'], string][] = [['half_up', 'au plus proche'], ['up', 'au-dessus'], ['down', 'au-dessous']];
export const TRAITS: Record<string, string> = { caf: 'allocataire CAF', msa: 'allocataire MSA', maternelle: 'maternelle', elementaire: 'élémentaire', pai: 'repas fourni (PAI)' };

export const always = (): When => ({ resident: null, ranks: null, children: null, days: null, traits: [] });
export const newGrid = (): Grid => ({ label: '', when: always(), amount: { method: 'flat', cents: 0 } });
export const newChange = (): Change => ({ label: '', percent: 0, cents: 0, min_cents: 0, when: always() });

/** Another way to work the amount out, beginning with what makes sense. */
export function amountOf(method: Method): Amount {
  if (method === 'flat') return { method, cents: 0 };
  if (method === 'brackets') return { method, brackets: [{ label: '1', from: 0, to: null, cents: 0 }] };
  if (method === 'effort') return { method, rate_percent: '1', floor_cents: 100, ceiling_cents: 1000 };
  if (method === 'linear') return { method, points: [[0, 100], [1000, 1000]] };
  return { method };
}

/** With every default, and a copy of its own. */
export function whole(terms: Partial<Terms>): Terms {
  const held = structuredClone(terms);
  const amount = (one: Amount): Amount => {
    if (one.method === 'brackets') return { ...one, brackets: one.brackets.map((bracket) => ({ ...bracket, to: bracket.to ?? null })) };
    return one.method === 'effort' ? { ...one, floor_cents: one.floor_cents ?? 0, ceiling_cents: one.ceiling_cents ?? null } : one;
  };
  return {
    per: 'unit', ranks_among: 'enrolled', duration: null, supplements: [], subsidies: [], overrun: null, most_cents_a_month: null, unknown_cents: null,
    ...held,
    grids: (held.grids ?? []).map((one) => ({ label: one.label ?? '', when: { ...always(), ...one.when }, amount: amount(one.amount) })),
    changes: (held.changes ?? []).map((one) => ({ ...newChange(), ...one, when: { ...always(), ...one.when } })),
    outcomes: { excused: 0, unexcused: 100, unbooked: 100, late: 100, unexcused_cents: 0, unbooked_cents: 0, waiting_days: 0, ...held.outcomes },
    rounding: { mode: 'half_up', to_cents: 1, ...held.rounding },
  };
}

export const spanWords = (span: number[] | null): string => (!span ? '' : span.length === 1 ? `${span[0]} et plus` : span[0] === span[1] ? String(span[0]) : `${span[0]} à ${span[1]}`);

/** « commune, rang 2, 1 à 4 jours » */
export function whoWords(who: { resident: boolean; rank: number; children: number; days: number; traits: string[] }, varies: { rank: boolean; children: boolean; days: boolean }): string {
  return [
    who.resident ? 'Commune' : 'Hors commune', varies.rank && `rang ${who.rank}`, varies.children && `${who.children} enfant${who.children < 2 ? '' : 's'}`,
    varies.days && `dès ${who.days} jour${who.days < 2 ? '' : 's'} dans le mois`, ...who.traits.map((one) => TRAITS[one] ?? one),
  ].filter(Boolean).join(', ');
}
