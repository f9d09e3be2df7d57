// What a parent reads: dates, amounts, outcomes, the state of the exchange, and the tasks of the home page.
import { describe, expect, it } from 'vitest';
import { closingSoon, dayOf, tasks } from '../../pwa/src/home/rules';
import type { ExchangeState, InvoiceView, QueuedCommand, ReceiptBody, ReceiptItem, ReceiptView } from '../../pwa/src/local/api';
import * as fr from '../../pwa/src/texts/fr';
import { at, booked, NOW, planningOf } from './week';

/** Non-breaking spaces are right on screen and unreadable in a test. */
const plain = (text: string): string => text.replace(/\s/g, ' ');

const receipt = (items: ReceiptItem[], more: Partial<ReceiptBody> = {}): ReceiptBody => ({
  device: 'd', n: 1, kind: 'reservation.book@1', outcome: 'mixed', items, number: 'R-1', scope: 'f:fam',
  made_at: '2026-11-22T21:14:00+01:00', received_at: '2026-11-23T10:12:00+01:00', ...more,
});
const sentence = (item: ReceiptItem, more: Partial<ReceiptBody> = {}): string => plain(fr.sentenceOf(item, receipt([item], more), NOW));

describe('dates, hours and amounts', () => {
  it('are written as in French', () => {
    expect(plain(fr.amount(1240))).toBe('12,40 €');
    expect(fr.day('2026-11-23')).toBe('lundi 23 novembre');
    expect(fr.day('2026-12-01')).toBe('mardi 1er décembre');
    expect(plain(fr.hour('16:30'))).toBe('16 h 30');
    expect(plain(fr.hour('12:00'))).toBe('12 h');
    expect(plain(fr.range('2026-11-23', '2026-11-27'))).toBe('23 – 27 novembre');
    expect(plain(fr.range('2026-11-30', '2026-12-04'))).toBe('30 novembre – 4 décembre');
    expect(plain(fr.plural(0, 'demande'))).toBe('0 demande');
    expect(plain(fr.plural(2, 'créneau', 'créneaux'))).toBe('2 créneaux');
    expect(fr.list(['Léa', 'Noé', 'Inès'])).toBe('Léa, Noé et Inès');
    expect(fr.tel('01 69 83 56 00')).toBe('tel:+33169835600');
  });

  it('name a moment from today, in the town’s time wherever the phone is', () => {
    const said = (local: string): string => plain(fr.moment(at(local), NOW));
    expect([said('2026-11-23T12:00'), said('2026-11-23T20:00'), said('2026-11-24T10:00'), said('2026-11-22T21:14')]).toEqual(['aujourd’hui, 12 h', 'ce soir, 20 h', 'demain, 10 h', 'hier, 21 h 14']);
    expect([said('2026-11-25T20:00'), said('2026-12-02T20:00'), said('2027-01-07T12:00')]).toEqual(['mercredi, 20 h', 'mercredi 2 décembre, 20 h', 'jeudi 7 janvier 2027, 12 h']);
    expect(plain(fr.hourAt(Date.parse('2026-07-01T06:30:00Z')))).toBe('8 h 30');
  });

  it('say how long ago the town was heard', () => {
    const minutes = (count: number): string => plain(fr.ago(NOW - count * 60_000, NOW));
    expect([minutes(0), minutes(2), minutes(59), minutes(60), minutes(24 * 60)]).toEqual(['à l’instant', 'il y a 2 min', 'il y a 59 min', 'il y a 1 h', 'hier, 8 h']);
  });
});

describe('the town’s answers', () => {
  it('explain themselves', () => {
    expect(sentence({ outcome: 'accepted', cents: 200 })).toBe('Réservé, confirmé par la mairie lundi 23 novembre à 10 h 12.');
    expect(sentence({ outcome: 'waitlisted', code: 'FULL', rank: 4 })).toMatch(/^Complet\. Liste d’attente, rang 4\./);
    expect(sentence({ outcome: 'refused', code: 'FULL', rank: 4 })).toBe('Complet. Voulez-vous la liste d’attente (rang 4) ?');
    expect(sentence({ outcome: 'needs_confirmation', code: 'PRICE_CHANGED', cents: 380, limit_cents: 350, until: '2026-11-24T10:00:00+01:00' })).toBe('Le tarif est passé de 3,50 € à 3,80 €. Confirmer avant demain, 10 h ?');
    expect(sentence({ outcome: 'void', code: 'NOTHING_TO_CANCEL' })).toMatch(/^Rien à annuler/);
  });

  it('give both hours when a request made without a network came too late', () => {
    expect(sentence({ outcome: 'refused', code: 'DEADLINE_PASSED', deadline: '2026-11-23T10:00:00+01:00' }))
      .toBe('Demande faite dimanche 22 novembre à 21 h 14 sans réseau, reçue lundi 23 novembre à 10 h 12 ; la limite était lundi 23 novembre à 10 h.');
  });

  it('have a sentence of their own for every refusal of the protocol', () => {
    const codes = ['SESSION_UNKNOWN', 'SESSION_CLOSED', 'NOT_BOOKABLE', 'NOT_ENROLLED', 'CHILD_UNKNOWN', 'ALREADY_BOOKED', 'INCOMPATIBLE', 'OFFER_EXPIRED', 'ALL_OR_NOTHING', 'DEVICE_UNKNOWN', 'MALFORMED', 'UNKNOWN_KIND'];
    const said = codes.map((code) => sentence({ outcome: 'refused', code }));
    expect(new Set(said).size).toBe(codes.length);
    expect(said).not.toContain(sentence({ outcome: 'refused', code: 'SOMETHING_NEW' }));
  });

  it('are summed up in a line, and say where the reasons are', () => {
    const mixed = fr.announcement(receipt([{ outcome: 'accepted' }, { outcome: 'accepted' }, { outcome: 'refused', code: 'FULL' }]));
    expect(plain(mixed.text)).toBe('Réservé, confirmé par la mairie à 10 h 12 : 2 créneaux, 1 refus. Les raisons sont dans « Mes envois ».');
    expect(mixed.bad).toBe(true);
    expect(fr.announcement(receipt([{ outcome: 'accepted' }])).bad).toBe(false);
  });
});

describe('the line of the exchange', () => {
  const line = (state: ExchangeState): string => plain(fr.exchangeLine(state, NOW).text);

  it('says what is up to date, and what waits on this phone', () => {
    expect(line({ kind: 'up_to_date', count: 0, since: NOW - 120_000 })).toBe('À jour, il y a 2 min');
    expect(line({ kind: 'offline', count: 2, since: null })).toBe('Hors connexion : 2 demandes partiront au retour du réseau.');
    expect(line({ kind: 'offline', count: 1, since: null })).toBe('Hors connexion : 1 demande partira au retour du réseau.');
    expect(line({ kind: 'needs_sign_in', count: 2 })).toBe('Reconnectez-vous pour envoyer 2 demandes.');
  });

  it('never lets trouble pass for a wait', () => {
    const state: ExchangeState = { kind: 'trouble', count: 1, code: 'stuck' };
    expect(fr.exchangeLine(state, NOW).tone).toBe('bad');
    expect(line(state)).toContain('1 demande reste sur ce téléphone.');
  });
});

describe('the home page', () => {
  const DAY = '2026-11-26';
  const usual = ['2026-11-05', '2026-11-12'].map((date) => booked('lea', `soir:${date}`));
  const known = (view = planningOf({})) => ({ view, invoices: [] as InvoiceView[], receipts: [] as ReceiptView[], queue: [] as QueuedCommand[], families: [] });

  it('warns of a usual day that nobody booked and that closes within a day', () => {
    const view = planningOf({ [DAY]: { until: '2026-11-23T20:00' } }, usual);
    expect(closingSoon(view, NOW).map((one) => one.session)).toEqual([`soir:${DAY}`]);
    expect(plain(tasks(known(view), NOW)[0]?.text ?? '')).toBe('Jeudi 26 novembre n’est pas réservé pour Léa (accueil du soir). Limite : ce soir, 20 h.');
  });

  it('is silent when it is booked, unusual, far ahead or already closed', () => {
    const open = { [DAY]: { until: '2026-11-23T20:00' } };
    expect(closingSoon(planningOf(open, [...usual, booked('lea', `soir:${DAY}`)]), NOW)).toEqual([]);
    expect(closingSoon(planningOf(open, usual.slice(1)), NOW)).toEqual([]);
    expect(closingSoon(planningOf({ [DAY]: { until: '2026-11-24T20:00' } }, usual), NOW)).toEqual([]);
    expect(closingSoon(planningOf({ [DAY]: { until: '2026-11-23T07:00' } }, usual), NOW)).toEqual([]);
  });

  it('asks for answers first, once for all, and for the bills', () => {
    const view = planningOf({ [DAY]: {} }, [booked('lea', `soir:${DAY}`, { state: 'to_confirm', until: '2026-11-23T18:00:00+01:00' }), booked('noe', `soir:${DAY}`, { state: 'to_confirm' })]);
    const bill = { id: 'i', number: '1', period: '2026-10', issued_on: '2026-11-01', due_on: '2026-11-30', total_cents: 9970, paid_cents: 0, paid_on: null, lines: [], paid: false } as unknown as InvoiceView;
    const said = tasks({ ...known(view), invoices: [bill, { ...bill, id: 'j', due_on: '2026-11-20' }] }, NOW).map((task) => plain(task.text));
    expect(said).toEqual([
      '2 places à confirmer, avant ce soir, 18 h : Léa jeudi 26 novembre et Noé jeudi 26 novembre.',
      'Facture d’octobre 2026 : 99,70 € à payer avant le 30 novembre 2026.',
      'Facture d’octobre 2026 : 99,70 € à payer, échéance passée le 20 novembre 2026.',
    ]);
  });

  it('shows what each child does, requests included, and not what is merely open', () => {
    const view = planningOf({ [DAY]: {} }, [booked('lea', `soir:${DAY}`), booked('lea', `matin:${DAY}`, { state: 'waiting', rank: 2 })]);
    expect(dayOf(view, DAY, NOW).map((one) => one.lines.map((line) => line.unit.id))).toEqual([['matin', 'soir'], []]);
  });
});
