/** Which occasions match what a parent looks for. Pure. */
import type { Catalogue, Round } from '../local/api';

export interface Looking { enfant: string; classe: string; age: string; jour: string; service: string; lieu: string; prix: string; places: string; texte: string }

/** The cheapest and the dearest price that this family would pay, in cents; null: none is known. */
export function pricesOf(round: Round, child = ''): [number, number] | null {
  const some = Object.entries(round.children).filter(([id]) => !child || id === child).flatMap(([, one]) => Object.values(one.prices).map((price) => price.cents));
  return some.length ? [Math.min(...some), Math.max(...some)] : null;
}

export function matches(round: Round, looking: Looking): boolean {
  const { enfant, classe, age, jour, service, lieu, prix, places, texte } = looking;
  const groups = round.groups.filter((group) =>
    (!enfant || round.children[enfant]?.groups.includes(group.id)) &&
    (!classe || !group.grades.length || group.grades.includes(classe)) &&
    (!age || isOfAge(group.ages, Number(age))) &&
    (!jour || group.units.some((unit) => unit.weekdays.includes(Number(jour)) || weekdayOf(round) === Number(jour))) &&
    (!lieu || group.units.some((unit) => unit.place === lieu)) &&
    (!places || group.left === null || (group.left > 0 && !group.waiting)));
  const words = `${round.activity.name} ${round.name} ${round.activity.text} ${round.text}`.toLowerCase();
  const cheapest = pricesOf(round, enfant)?.[0];
  return groups.length > 0 && (!service || round.activity.service === service) && (!prix || (cheapest !== undefined && cheapest <= Number(prix))) && words.includes(texte.trim().toLowerCase());
}

const isOfAge = (ages: [number | null, number | null] | null, age: number): boolean => !ages || ((ages[0] ?? 0) <= age && age <= (ages[1] ?? 999));

/** The weekday of an outing, Monday 0; -1 for what lasts. */
function weekdayOf(round: Round): number {
  return round.since === round.until ? (new Date(`${round.since}T00:00:00Z`).getUTCDay() + 6) % 7 : -1;
}

/** What there is to choose from, each once, in alphabetical order. */
export function choices(catalogue: Catalogue): { services: [string, string][]; places: string[]; grades: string[]; days: number[] } {
  const rounds = catalogue.rounds;
  const units = rounds.flatMap((round) => round.groups.flatMap((group) => group.units));
  const grades = new Set(rounds.flatMap((round) => round.groups.flatMap((group) => group.grades)));
  return {
    services: [...new Map(rounds.map((round) => [round.activity.service, round.activity.service_name]))],
    places: [...new Set(units.map((unit) => unit.place))].sort((one, other) => one.localeCompare(other, 'fr')),
    grades: ['PS', 'MS', 'GS', 'CP', 'CE1', 'CE2', 'CM1', 'CM2'].filter((grade) => grades.has(grade)),
    days: [...new Set([...units.flatMap((unit) => unit.weekdays), ...rounds.map(weekdayOf).filter((day) => day >= 0)])].sort(),
  };
}
