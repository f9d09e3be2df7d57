// What the planning shows of each slot, and what one gesture over many days asks for.
import { describe, expect, it } from 'vitest';
import type { PhoneMark, ReceiptView, UnitView } from '../../pwa/src/local/views';
import { addDays, daysBetween, mondayOf, weekNumber } from '../../pwa/src/planning/dates';
import { isTheirs, linesOf, mayChange, nextClosing, periodOn, refusalsBySlot, stateOf, type Line } from '../../pwa/src/planning/rules';
import { inWeeks, kindsFor, plan, planCopy, weekdaysOpen, weekPattern, type Choice } from '../../pwa/src/planning/several';
import { at, booked, NOW, planningOf } from './week';

const DAY = '2026-11-26';
const on = (line: Line[], unit: string): Line => line.find((one) => one.unit.id === unit) as Line;
const phone = (more: Partial<PhoneMark>): PhoneMark => ({ id: 'o_1', n: 1, kind: 'book', phase: 'queued', sendBefore: null, limitCents: null, ...more });
const lines = (view = planningOf({ [DAY]: {} }), child = 'lea'): Line[] => linesOf(view, new Map(), child, DAY);

describe('a day of the planning', () => {
  it('lists what a child is enrolled in, in the order of the day', () => {
    expect(lines().map((line) => line.unit.id)).toEqual(['matin', 'repas', 'soir', 'etude']);
    expect(lines(planningOf({ [DAY]: {} }), 'noe').map((line) => line.unit.id)).toEqual(['matin', 'repas', 'soir']);
  });

  it('shows school meals and never lets them be booked', () => {
    const meal = on(lines(), 'repas');
    expect(stateOf(meal, NOW)).toBe('fixed');
    expect(mayChange(meal, 'fixed', NOW)).toBe(false);
  });

  it('closes a slot just after its deadline, not at it', () => {
    const line = on(lines(planningOf({ [DAY]: { until: '2026-11-24T12:00' } })), 'matin');
    expect(stateOf(line, at('2026-11-24T12:00'))).toBe('free');
    expect(stateOf(line, at('2026-11-24T12:00') + 1)).toBe('closed');
  });

  it('says the next deadline of the day, and none when all is closed', () => {
    const day = lines(planningOf({ [DAY]: { until: '2026-11-24T12:00' } }));
    expect(nextClosing(day, NOW)).toBe(at('2026-11-24T12:00'));
    expect(nextClosing(day, at('2026-11-24T12:01'))).toBeNull();
  });

  it('never shows as booked what the town has not confirmed', () => {
    const state = (more: Parameters<typeof booked>[2]): string => stateOf(on(lines(planningOf({ [DAY]: {} }, [booked('lea', `matin:${DAY}`, more)])), 'matin'), NOW);
    expect(state({ state: 'asked', phone: phone({}) })).toBe('phone');
    expect(state({ state: 'asked', phone: phone({ phase: 'parked' }) })).toBe('phone');
    expect(state({ state: 'asked', phone: phone({ phase: 'sending' }) })).toBe('sent');
    expect(state({ phone: phone({ kind: 'cancel' }) })).toBe('leaving');
    expect(state({ mine: false })).toBe('other');
    expect(state({ state: 'waiting', rank: 4 })).toBe('waiting');
    expect(state({ state: 'to_confirm' })).toBe('ask');
    expect(state({})).toBe('booked');
  });

  it('lets a queued wish and a waiting entry be taken back after the deadline, and not a booking', () => {
    const late = at('2026-11-26T10:00');
    const may = (more: Parameters<typeof booked>[2]): boolean => {
      const line = on(lines(planningOf({ [DAY]: {} }, [booked('lea', `matin:${DAY}`, more)])), 'matin');
      return mayChange(line, stateOf(line, late), late);
    };
    expect(may({ state: 'asked', phone: phone({}) })).toBe(true);
    expect(may({ state: 'waiting' })).toBe(true);
    expect(may({})).toBe(false);
    expect(may({ mine: false })).toBe(false);
  });

  it('keeps a refusal beside its slot until something better answers', () => {
    const refused = (n: number, outcome: 'refused' | 'accepted'): ReceiptView => ({
      key: `receipt/d/${n}`, device: 'd', n, kind: 'reservation.book@1', outcome, here: true, dismissed: false, number: `R-${n}`, scope: 'f:fam',
      made_at: '2026-11-23T08:00:00+01:00', received_at: '2026-11-23T08:00:00+01:00',
      items: [{ outcome, child: 'lea', session: `matin:${DAY}`, ...(outcome === 'refused' ? { code: 'DEADLINE_PASSED' } : {}) }],
    }) as ReceiptView;
    const first = refusalsBySlot([refused(1, 'refused')]);
    expect(stateOf(on(linesOf(planningOf({ [DAY]: {} }), first, 'lea', DAY), 'matin'), NOW)).toBe('refused');
    expect(refusalsBySlot([refused(2, 'accepted'), refused(1, 'refused')]).size).toBe(0);
  });

  it('names the public holiday rather than the school holidays around it', () => {
    const period = (kind: string, from: string, to: string, name: string) => ({ id: name, kind, name, from, to });
    const both = [period('school_holiday', '2026-12-19', '2027-01-03', 'Vacances de Noël'), period('public_holiday', '2026-12-25', '2026-12-25', 'Noël')];
    expect(periodOn(both, '2026-12-25')?.name).toBe('Noël');
    expect(periodOn(both, '2026-12-26')?.name).toBe('Vacances de Noël');
    expect(periodOn(both, '2026-12-18')).toBeUndefined();
  });
});

describe('many days in one gesture', () => {
  const choice = (more: Partial<Choice> = {}): Choice => ({ children: ['lea', 'noe'], units: ['soir|Accueil du soir'], weekdays: [1, 4], from: '2026-11-24', to: '2026-12-07', ...more });
  const days = { '2026-11-26': { until: '2026-11-20T12:00' }, '2026-11-30': {}, '2026-12-03': { level: 2 as const }, '2026-12-04': {} };
  const told = (view = planningOf(days), chosen = choice()): string[] => plan(view, chosen, NOW).map((one) => `${one.date.slice(5)} ${one.child} ${one.verdict}`);

  it('offers what the children may book, meals left out', () => {
    expect(kindsFor(planningOf(days), ['noe']).map((kind) => kind.label)).toEqual(['Accueil du matin', 'Accueil du soir']);
    expect(weekdaysOpen(planningOf(days), ['soir|Accueil du soir'])).toEqual([1, 4, 5]);
  });

  it('says for each day and child: to book, too late, full', () => {
    expect(told()).toEqual(['11-26 lea late', '11-26 noe late', '11-30 lea book', '11-30 noe book', '12-03 lea wait', '12-03 noe wait']);
  });

  it('leaves alone what is already booked, and what cannot go with it', () => {
    const view = planningOf(days, [booked('lea', 'etude:2026-11-30'), booked('noe', 'soir:2026-11-30')]);
    expect(told(view).slice(2, 4)).toEqual(['11-30 lea clash', '11-30 noe already']);
    expect(plan(view, choice(), NOW)[2]?.because).toBe('Étude surveillée');
  });

  it('does not ask for two units that exclude each other on the same day', () => {
    const both = choice({ children: ['lea'], units: ['soir|Accueil du soir', 'etude|Étude surveillée'], weekdays: [1] });
    expect(told(planningOf(days), both)).toEqual(['11-30 lea book', '11-30 lea clash']);
  });

  it('says a closed day once, with its reason', () => {
    const closed = planningOf({}, [], [{ id: 'noel', kind: 'school_holiday', name: 'Vacances', from: '2026-11-24', to: '2026-12-01' }]);
    const entries = plan(closed, choice(), NOW);
    expect(entries.map((one) => `${one.date} ${one.verdict} ${one.because}`)).toEqual(['2026-11-26 shut Vacances', '2026-11-30 shut Vacances']);
  });

  it('counts only what will be asked for in the total', () => {
    const asked = plan(planningOf(days), choice(), NOW).filter((one) => one.verdict === 'book' || one.verdict === 'wait');
    expect(asked.reduce((sum, one) => sum + one.cents, 0)).toBe(2 * 200 + 2 * 150);
  });
});

describe('weeks that are not all alike', () => {
  it('takes one week in two from the first, over a week 53, or those of even or odd number', () => {
    const mondays = ['2026-12-21', '2026-12-28', '2027-01-04', '2027-01-11'];
    const of = (weeks: Choice['weeks']): string[] => mondays.filter((day) => inWeeks(weeks, '2026-12-23', day)).map((day) => day.slice(5));
    expect(of('alternate')).toEqual(['12-21', '01-04']);
    expect(of('even')).toEqual(['12-21', '01-11']);
    expect(of('odd')).toEqual(['12-28', '01-04']);
    expect(of('all')).toHaveLength(4);
  });

  it('copies a week into those that follow, every one or one in two', () => {
    const days = { '2026-11-30': {}, '2026-12-07': {}, '2026-12-14': { level: 2 as const }, '2026-12-21': {} };
    const view = planningOf(days, [booked('lea', 'soir:2026-11-30'), booked('noe', 'matin:2026-11-30')]);
    const pattern = weekPattern(view, ['lea', 'noe'], '2026-11-30');
    expect([...pattern]).toEqual([['1|lea', ['soir|Accueil du soir']], ['1|noe', ['matin|Accueil du matin']]]);
    const copied = (weeks: 'all' | 'alternate'): string[] => planCopy(view, pattern, ['lea', 'noe'], '2026-11-30', '2026-12-07', '2026-12-21', weeks, NOW).map((one) => `${one.date.slice(5)} ${one.child} ${one.line?.unit.id} ${one.verdict}`);
    expect(copied('all')).toEqual(['12-07 lea soir book', '12-07 noe matin book', '12-14 lea soir wait', '12-14 noe matin wait', '12-21 lea soir book', '12-21 noe matin book']);
    expect(copied('alternate')).toEqual(['12-14 lea soir wait', '12-14 noe matin wait']);
  });

  it('gives up a run of days, and says which are too late', () => {
    const view = planningOf({ '2026-11-24': { until: '2026-11-20T12:00' }, '2026-12-01': {} }, [booked('lea', 'soir:2026-11-24'), booked('lea', 'soir:2026-12-01'), booked('noe', 'soir:2026-12-01', { mine: false })]);
    const entries = plan(view, { children: ['lea', 'noe'], units: ['soir|Accueil du soir'], weekdays: [2], from: '2026-11-24', to: '2026-12-07', act: 'remove' }, NOW);
    expect(entries.map((one) => `${one.date.slice(5)} ${one.child} ${one.verdict}`)).toEqual(['11-24 lea late', '12-01 lea drop']);
  });
});

describe('a child of two homes', () => {
  const custody = { from: '2026-11-23', runs: [7, 7, 14], words: '' };

  it('knows whose day it is from a few numbers', () => {
    expect(['2026-11-22', '2026-11-29', '2026-11-30', '2026-12-06', '2026-12-07', '2027-06-01'].map((day) => isTheirs(custody, day))).toEqual([false, false, true, true, false, false]);
    expect(isTheirs({ ...custody, runs: [0, 7, 7] }, '2026-11-23')).toBe(true);
    expect(isTheirs(undefined, '2026-11-23')).toBe(false);
  });

  it('does not let the other parent’s days be booked, and says so in a plan of many days', () => {
    const view = { ...planningOf({ '2026-11-30': {} }), custody: new Map([['noe', custody]]) };
    const line = on(linesOf(view, new Map(), 'noe', '2026-11-30'), 'soir');
    expect([stateOf(line, NOW), mayChange(line, 'theirs', NOW)]).toEqual(['theirs', false]);
    const entries = plan(view, { children: ['lea', 'noe'], units: ['soir|Accueil du soir'], weekdays: [1], from: '2026-11-30', to: '2026-11-30' }, NOW);
    expect(entries.map((one) => one.verdict)).toEqual(['book', 'theirs']);
  });
});

describe('what goes with another unit', () => {
  it('is asked for only with it, in whatever order both are chosen', () => {
    const view = planningOf({ '2026-11-30': {} });
    view.units.set('matin', { ...(view.units.get('matin') as UnitView), requires: ['soir'] });
    const verdicts = (...units: string[]): string[] => plan(view, { children: ['lea'], units, weekdays: [1], from: '2026-11-30', to: '2026-11-30' }, NOW).map((one) => `${one.line?.unit.id} ${one.verdict}`);
    expect(verdicts('matin|Accueil du matin')).toEqual(['matin needs']);
    expect(verdicts('matin|Accueil du matin', 'soir|Accueil du soir')).toEqual(['soir book', 'matin book']);
  });
});

describe('dates', () => {
  it('go by weeks that begin on Monday, over the ends of months and years', () => {
    expect(mondayOf('2026-11-29')).toBe('2026-11-23');
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(daysBetween('2027-02-27', '2027-03-01')).toEqual(['2027-02-27', '2027-02-28', '2027-03-01']);
    expect(daysBetween('2027-03-01', '2027-02-27')).toEqual([]);
  });

  it('number weeks as ISO 8601 does', () => {
    expect([weekNumber('2026-11-23'), weekNumber('2027-01-01'), weekNumber('2027-01-04'), weekNumber('2026-12-31')]).toEqual([48, 53, 1, 53]);
  });
});
