/** The words of Inscription: states of a request, kinds of occasions, who a group is for. Pure. */
import type { Group, RequestView, Round } from '../local/api';
import * as fr from '../texts/fr';
import type { Face } from '../texts/decisions';

const STATES: Record<RequestView['state'], Face> = {
  asked: { icon: 'phone', tone: 'phone', text: 'Sur ce téléphone' },
  received: { icon: 'clock', tone: 'sent', text: 'Reçue' },
  missing: { icon: 'alert', tone: 'warn', text: 'Pièce manquante' },
  waiting: { icon: 'queue', tone: 'warn', text: 'Liste d’attente' },
  accepted: { icon: 'done', tone: 'ok', text: 'Acceptée' },
  refused: { icon: 'cross', tone: 'bad', text: 'Refusée' },
  ended: { icon: 'closed', tone: '', text: 'Terminée' },
};

export function faceOf(request: RequestView): Face {
  const face = STATES[request.state];
  if (request.phone?.leaving) return { icon: 'send', tone: 'sent', text: 'Envoyée, réponse attendue' };
  return request.state === 'waiting' && request.rank ? { ...face, text: `Liste d’attente, rang ${request.rank}` } : face;
}

/** What happens next, in a sentence. */
export function nextOf(request: RequestView): string {
  switch (request.state) {
    case 'asked': return 'Elle partira dès qu’il y a du réseau. Les places sont données à l’arrivée à la mairie.';
    case 'received': return 'Le service l’étudie et vous répond ici.';
    case 'missing': return request.direct ? 'La place n’est donnée qu’une fois la pièce arrivée.' : 'Le service attend la pièce pour décider.';
    case 'waiting': return 'Le service vous écrit quand une place se libère.';
    case 'accepted': return `Inscription du ${fr.fullDay(request.since)} au ${fr.fullDay(request.until)}.`;
    default: return '';
  }
}

export const KINDS: Record<Round['kind'], string> = { annual: 'À l’année', period: 'Vacances', event: 'Un jour' };
export const PAPERS: Record<string, string> = { absent: 'À donner', here: 'Reçue', known: 'Déjà connue de la mairie', good: 'Vérifiée', refused: 'À refaire' };
const DAYS = ['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'];
export const dayName = (day: number): string => DAYS[day] ?? '';

/** « le mercredi », « du lundi au vendredi », or the date of an outing. */
export function daysOf(round: Round, weekdays: number[]): string {
  if (round.since === round.until) return fr.day(round.since);
  if (weekdays.length > 3 && weekdays.every((day, at) => day === (weekdays[0] ?? 0) + at)) return `du ${dayName(weekdays[0] ?? 0)} au ${dayName(weekdays[weekdays.length - 1] ?? 0)}`;
  return weekdays.length ? fr.list(weekdays.map((day) => `le ${dayName(day)}`)) : '';
}

/** « CP, CE1 », « de 3 à 12 ans » */
export function forWhom(group: Group): string {
  const [youngest, eldest] = group.ages ?? [null, null];
  const ages = youngest !== null && eldest !== null ? `de ${youngest} à ${eldest} ans` : youngest !== null ? `dès ${youngest} ans` : eldest !== null ? `jusqu’à ${eldest} ans` : '';
  return [fr.list(group.grades), ages].filter(Boolean).join(', ') || 'Pour tous';
}

export function placesLeft(group: Group): { level: 'many' | 'few' | 'full'; text: string } {
  if (group.left === null) return { level: 'many', text: 'Places sans limite' };
  if (group.left <= 0 || group.waiting > 0) return { level: 'full', text: group.waiting ? `Complet, ${fr.plural(group.waiting, 'famille')} en attente` : 'Complet, liste d’attente' };
  return { level: group.left <= 3 ? 'few' : 'many', text: fr.plural(group.left, 'place') };
}
