/** What a parent must do, and what their children do: pure reading of the rows at an instant. */
import type { FamilyView, InvoiceView, PlanningView, QueuedCommand, ReceiptView, ThreadView } from '../local/api';
import { addDays, dayAt, daysBetween, mondayOf } from '../planning/dates';
import { linesOf, stateOf, type Line, type Refusal } from '../planning/rules';
import * as fr from '../texts/fr';
import type { IconName } from '../ui/icons';

export interface Task { key: string; icon: IconName; tone: 'warn' | 'bad' | ''; text: string; href: string; act: string }

const DAY_MS = 24 * 3_600_000;
/** A day is usual when it was booked at least twice in the four weeks before. */
const USUAL_TIMES = 2;
const WEEKS_BACK = 4;
/** How far ahead a deadline of tonight may bear: ten open days and a holiday week-end. */
export const DAYS_AHEAD = 24;
export const DAYS_BACK = WEEKS_BACK * 7;

const HELD = ['booked', 'phone', 'sent', 'waiting', 'ask', 'other', 'leaving'];
const NONE = new Map<string, Refusal>();

/** What each child does on a day, in the order of the day; requests included, each with its state. */
export function dayOf(view: PlanningView, date: string, now: number): { child: PlanningView['children'][number]; lines: Line[] }[] {
  return view.children.map((child) => ({ child, lines: linesOf(view, NONE, child.id, date).filter((line) => HELD.includes(stateOf(line, now))) }));
}

/** Usual days that nobody has booked and whose deadline falls within a day. */
export function closingSoon(view: PlanningView, now: number): Line[] {
  const today = dayAt(now);
  const booked = new Set(view.bookings.map((one) => `${one.child}|${one.unit}|${one.date}`));
  const usual = (line: Line): boolean => {
    const before = Array.from({ length: WEEKS_BACK + 3 }, (_, week) => addDays(line.date, -7 * (week + 1))).filter((date) => date < today).slice(0, WEEKS_BACK);
    return before.filter((date) => booked.has(`${line.child}|${line.unit.id}|${date}`)).length >= USUAL_TIMES;
  };
  return daysBetween(today, addDays(today, DAYS_AHEAD)).flatMap((date) => view.children.flatMap((child) => linesOf(view, NONE, child.id, date)))
    .filter((line) => !line.booking && !line.fixed && !line.theirs && line.slot && line.slot.addUntil >= now && line.slot.addUntil - now < DAY_MS && usual(line));
}

function deadlines(view: PlanningView, now: number): Task[] {
  const byDate = new Map<string, Line[]>();
  for (const line of closingSoon(view, now)) byDate.set(line.date, [...(byDate.get(line.date) ?? []), line]);
  return [...byDate].map(([date, lines]) => {
    const names = [...new Set(lines.map((line) => view.children.find((one) => one.id === line.child)?.first_name ?? ''))];
    const units = [...new Set(lines.map((line) => line.unit.name.charAt(0).toLowerCase() + line.unit.name.slice(1)))];
    const until = Math.min(...lines.map((line) => line.slot?.addUntil ?? now));
    return { key: `d${date}`, icon: 'clock', tone: 'warn', href: `/planning?semaine=${mondayOf(date)}`, act: 'Réserver',
      text: `${fr.capital(fr.day(date))} n’est pas réservé pour ${fr.list(names)} (${fr.list(units)}). Limite : ${fr.moment(until, now)}.` };
  });
}

function answers(view: PlanningView, now: number): Task[] {
  const open = view.bookings.filter((one) => one.mine && one.state === 'to_confirm' && !one.phone).sort((one, other) => one.date.localeCompare(other.date));
  const first = open[0];
  if (!first) return [];
  const who = open.map((one) => `${view.children.find((child) => child.id === one.child)?.first_name ?? ''} ${fr.day(one.date)}`);
  const limits = open.flatMap((one) => (one.until ? [Date.parse(one.until)] : []));
  const until = limits.length ? `, avant ${fr.moment(Math.min(...limits), now)}` : '';
  return [{ key: first.rid, icon: 'question', tone: 'warn', href: `/planning?semaine=${mondayOf(first.date)}`, act: 'Répondre',
    text: `${fr.plural(open.length, 'place')} à confirmer${until} : ${fr.list([...new Set(who)])}.` }];
}

function bills(invoices: InvoiceView[], today: string): Task[] {
  return invoices.filter((one) => !one.paid).map((one) => {
    const late = one.due_on < today;
    return { key: one.id, icon: 'invoice', tone: late ? 'bad' : 'warn', href: '/factures', act: 'Voir la facture',
      text: `Facture ${fr.ofMonth(one.period)} : ${fr.amount(one.total_cents - one.paid_cents)} à payer${late ? `, échéance passée le ${fr.fullDay(one.due_on)}` : ` avant le ${fr.fullDay(one.due_on)}`}.` };
  });
}

function letters(threads: ThreadView[]): Task[] {
  return threads.filter((one) => one.unread || one.needs_answer).slice(0, 3).map((one) => ({
    key: one.id, icon: 'message', tone: one.needs_answer ? 'warn' : '', href: `/messages?fil=${one.id}`, act: one.needs_answer ? 'Répondre' : 'Lire',
    text: one.needs_answer ? `Un service attend votre réponse : « ${one.subject} ».` : `Nouveau message d’un service : « ${one.subject} ».`,
  }));
}

interface Known { threads?: ThreadView[]; view: PlanningView; invoices: InvoiceView[]; receipts: ReceiptView[]; queue: QueuedCommand[]; families: FamilyView[] }

/** Most pressing first: answers, deadlines, refusals, held commands, bills, the missing quotient. */
export function tasks(known: Known, now: number): Task[] {
  const refused = known.receipts.filter((one) => !one.dismissed && one.items.some((item) => item.outcome === 'refused' || item.outcome === 'failed_internal')).length;
  const parked = known.queue.filter((one) => one.phase === 'parked').length;
  const list = [...answers(known.view, now), ...deadlines(known.view, now), ...letters(known.threads ?? [])];
  if (refused) list.push({ key: 'refused', icon: 'cross', tone: 'bad', href: '/envois', act: 'Voir les raisons', text: `${fr.plural(refused, 'demande')} sans suite : la mairie vous dit pourquoi.` });
  if (parked) list.push({ key: 'parked', icon: 'send', tone: 'warn', href: '/envois', act: 'Décider', text: `${fr.plural(parked, 'demande')} ${parked < 2 ? 'attend' : 'attendent'} votre accord avant de partir.` });
  list.push(...bills(known.invoices, dayAt(now)));
  if (known.families.some((one) => one.resident && !one.quotient)) {
    list.push({ key: 'quotient', icon: 'info', tone: '', href: '/dossier', act: 'En savoir plus', text: 'La mairie ne connaît pas votre quotient familial : le tarif le plus élevé s’applique.' });
  }
  return list;
}
