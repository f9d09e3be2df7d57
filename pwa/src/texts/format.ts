/** Amounts, dates and hours as a French parent reads them. Instants are milliseconds, dates `YYYY-MM-DD`, money whole cents. */
import { addDays, dayAt, TOWN_ZONE } from '../planning/dates';

const NBSP = '\u00a0';
const date = (options: Intl.DateTimeFormatOptions, timeZone = 'UTC') => new Intl.DateTimeFormat('fr-FR', { timeZone, ...options });
const longDay = date({ weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = date({ day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = date({ weekday: 'short', day: 'numeric', month: 'short' });
const weekdayName = date({ weekday: 'long' });
const monthAndYear = date({ month: 'long', year: 'numeric' });
const shortMonth = date({ month: 'short' });
const dayAndMonth = date({ day: 'numeric', month: 'long' });
const townTime = date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, TOWN_ZONE);
const euros = new Intl.NumberFormat('fr-FR', { style: 'currency', currency: 'EUR' });

/** The first of a month is written « 1er ». */
const ordinal = (text: string): string => text.replace(/(^|\s)1(?=\s)/, '$11er');
const asUtc = (day: string): number => Date.parse(`${day}T00:00:00Z`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `1240` → « 12,40 € » */
export const amount = (cents: number): string => euros.format(cents / 100).replace(/\s/g, NBSP);

/** « lundi 23 novembre » */
export const day = (iso: string): string => ordinal(longDay.format(asUtc(iso)));
/** « lun. 23 nov. » */
export const dayShort = (iso: string): string => ordinal(shortDay.format(asUtc(iso)));
/** « 23 novembre 2026 » */
export const fullDay = (iso: string): string => ordinal(dayAndYear.format(asUtc(iso)));
/** « lundi » */
export const weekday = (iso: string): string => weekdayName.format(asUtc(iso));
/** `2026-11` → « novembre 2026 » */
export const month = (iso: string): string => monthAndYear.format(asUtc(`${iso}-01`));
/** `2026-10` → « d’octobre 2026 », `2026-11` → « de novembre 2026 » */
export const ofMonth = (iso: string): string => (/^[aeiouyâé]/.test(month(iso)) ? `d’${month(iso)}` : `de ${month(iso)}`);
/** `2026-11` → « nov. » */
export const monthShort = (iso: string): string => shortMonth.format(asUtc(`${iso}-01`));

/** « 23 – 27 novembre », « 30 novembre – 4 décembre » */
export function range(from: string, to: string): string {
  const end = ordinal(dayAndMonth.format(asUtc(to)));
  const start = from.slice(0, 7) === to.slice(0, 7) ? ordinal(`${Number(from.slice(8))} `).trim() : ordinal(dayAndMonth.format(asUtc(from)));
  return `${start}${NBSP}– ${end}`;
}

/** `16:30` → « 16 h 30 », `12:00` → « 12 h » */
export function hour(clock: string): string {
  const [hours = '', minutes = ''] = clock.split(':');
  return `${Number(hours)}${NBSP}h${minutes && minutes !== '00' ? NBSP + minutes : ''}`;
}

export const hours = (starts: string, ends: string): string => `${hour(starts)}${NBSP}–${NBSP}${hour(ends)}`;

/** The town's hour at an instant: « 8 h 02 » */
export const hourAt = (instant: number): string => hour(townTime.format(instant));

/** An instant seen from now: « ce soir, 20 h », « demain, 10 h », « mercredi, 20 h », « mercredi 2 décembre, 20 h ». */
export function moment(instant: number, now: number): string {
  const that = dayAt(instant);
  const today = dayAt(now);
  const clock = hourAt(instant);
  if (that === today) return Number(townTime.format(instant).slice(0, 2)) >= 18 ? `ce soir, ${clock}` : `aujourd’hui, ${clock}`;
  if (that === addDays(today, 1)) return `demain, ${clock}`;
  if (that === addDays(today, -1)) return `hier, ${clock}`;
  if (that > today && that <= addDays(today, 6)) return `${weekday(that)}, ${clock}`;
  return `${day(that)}${that.slice(0, 4) === today.slice(0, 4) ? '' : ` ${that.slice(0, 4)}`}, ${clock}`;
}

/** « lundi 23 novembre à 8 h 02 » */
export const dayAndHour = (instant: number): string => `${day(dayAt(instant))} à ${hourAt(instant)}`;

/** « à l’instant », « il y a 2 min », « il y a 3 h », « le 12 octobre 2026 » */
export function ago(instant: number, now: number): string {
  const minutes = Math.floor(Math.max(0, now - instant) / 60_000);
  if (minutes < 1) return 'à l’instant';
  if (minutes < 60) return `il y a ${minutes}${NBSP}min`;
  if (minutes < 24 * 60) return `il y a ${Math.floor(minutes / 60)}${NBSP}h`;
  if (minutes < 48 * 60) return `hier, ${hourAt(instant)}`;
  return `le ${fullDay(dayAt(instant))}`;
}

/** `plural(2, 'demande')` → « 2 demandes »; zero and one are singular in French. */
export const plural = (count: number, one: string, many: string = `${one}s`): string => `${count}${NBSP}${count < 2 ? one : many}`;

/** « Léa », « Léa et Noé », « Léa, Noé et Inès » */
export function list(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} et ${words[words.length - 1]}`;
}

/** `01 69 83 56 00` as an address for the phone: `tel:+33169835600` */
export const tel = (number: string): string => `tel:${number.replace(/[^\d+]/g, '').replace(/^0/, '+33')}`;
