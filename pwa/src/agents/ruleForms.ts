/** The forms of a rule as an agent fills them in: docs/rules.md describes each, the server reads them back in French. Pure. */
export type Rule = Record<string, unknown>;
export interface Late { then: 'accept' | 'ask' | 'waiting'; until: Rule; percent?: number; cents?: number }
export interface Terms { code: string; add: Rule; remove: Rule; opens?: Rule; opens_outside?: Rule; late_add?: Late; late_remove?: Late; decided?: boolean; prepaid?: boolean }
export interface Span { from: string; to: string; on: string; at: string }

export const WEEKDAYS: [string, string][] = [['mon', 'lundi'], ['tue', 'mardi'], ['wed', 'mercredi'], ['thu', 'jeudi'], ['fri', 'vendredi'], ['sat', 'samedi'], ['sun', 'dimanche']];
export const COUNTS: [string, string][] = [
  ['calendar', 'tous les jours'], ['weekdays', 'du lundi au vendredi, fériés compris'], ['open', 'jours ouvrés'], ['working', 'jours ouvrables'], ['school', 'jours d’école'],
];
export const ANCHORS: [string, string][] = [
  ['', 'le jour réservé'], ['week', 'le lundi de sa semaine'], ['month', 'le 1er de son mois'], ['period', 'le premier jour des vacances'], ['period_opening', 'le premier jour ouvré des vacances'],
];
export const SHIFTS: [string, string][] = [['', 'elle reste ce jour-là'], ['earlier', 'elle avance au jour ouvré d’avant'], ['later', 'elle recule au jour ouvré d’après'], ['week_earlier', 'elle avance d’une semaine']];

export interface Form { key: string; label: string; blank: () => Rule; shifts: boolean }
const simple = (): Rule => ({ days: 2, at: '12:00', count: 'open' });
export const FORMS: readonly Form[] = [
  { key: 'days', label: 'Un nombre de jours avant', blank: simple, shifts: true },
  { key: 'clear_days', label: 'Un nombre de jours francs avant', blank: () => ({ clear_days: 15 }), shifts: true },
  { key: 'weekday', label: 'Un jour d’une semaine d’avant', blank: () => ({ weekday: 'thu', weeks: 1, at: '12:00' }), shifts: true },
  { key: 'last', label: 'Le dernier … avant', blank: () => ({ last: 'fri', at: '09:00' }), shifts: true },
  { key: 'month_day', label: 'Le tant d’un mois', blank: () => ({ month_day: 20, months: 1, at: '12:00' }), shifts: true },
  { key: 'nth', label: 'Le n-ième jour compté d’un mois', blank: () => ({ nth: 1, months: 1, at: '12:00', count: 'open' }), shifts: true },
  { key: 'months_before', label: 'Un nombre de mois avant', blank: () => ({ months_before: 1, at: '12:00' }), shifts: true },
  { key: 'hours', label: 'Un nombre d’heures avant', blank: () => ({ hours: 72 }), shifts: false },
  { key: 'minutes', label: 'Un nombre de minutes avant', blank: () => ({ minutes: 30 }), shifts: false },
  { key: 'on', label: 'Une date', blank: () => ({ on: '', at: '24:00' }), shifts: true },
  { key: 'dates', label: 'Des dates publiées, par période', blank: () => ({ dates: [{ from: '', to: '', on: '', at: '24:00' }] }), shifts: false },
  { key: 'until', label: 'Jusqu’au début de l’accueil', blank: () => ({ until: 'start' }), shifts: false },
  { key: 'by_day', label: 'Une règle par jour de la semaine', blank: () => ({ by_day: { mon: simple() }, otherwise: simple() }), shifts: false },
  { key: 'school', label: 'Une règle à l’école, une en vacances', blank: () => ({ school: simple(), holidays: simple() }), shifts: false },
  { key: 'earliest', label: 'La première de plusieurs limites', blank: () => ({ earliest: [simple(), simple()] }), shifts: false },
  { key: 'latest', label: 'La dernière de plusieurs limites', blank: () => ({ latest: [simple(), simple()] }), shifts: false },
];

/** Which form a rule has: the first key that says so. */
export function formOf(rule: Rule): Form {
  const key = 'hours' in rule ? 'hours' : (FORMS.find((form) => form.key in rule)?.key ?? 'days');
  return FORMS.find((form) => form.key === key) as Form;
}

/** The same rule with one thing changed; empty takes it away. */
export function changed(rule: Rule, name: string, value: unknown): Rule {
  const { [name]: _, ...rest } = rule;
  return value === '' || value === undefined || value === null ? rest : { ...rest, [name]: value };
}

/** Another form, with what both have in common. */
export function reformed(rule: Rule, key: string): Rule {
  const form = FORMS.find((one) => one.key === key) ?? (FORMS[0] as Form);
  return rule.anchor ? { ...form.blank(), anchor: rule.anchor } : form.blank();
}
