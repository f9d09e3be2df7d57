/** The tag of a line of the planning: four states never look alike, and none is told by colour alone. */
import { hourAt, moment, refusedShort, waitingAt, type Face } from '../texts/fr';
import type { AttendanceBody } from '../local/api';
import type { Line, State } from './rules';

export function faceOfState(line: Line, state: State, wish: 'add' | 'remove' | undefined, now: number, interrupted = false): Face | null {
  if (wish === 'add') return { icon: 'plus', tone: '', text: line.slot?.level === 2 ? 'Coché : liste d’attente, à enregistrer' : 'Coché, à enregistrer' };
  if (wish === 'remove') return { icon: 'cross', tone: '', text: 'Décoché, à enregistrer' };
  switch (state) {
    case 'phone': return { icon: 'phone', tone: 'phone', text: line.booking?.phone?.phase === 'parked' ? 'Attend votre accord' : 'À envoyer' };
    case 'leaving': return { icon: 'phone', tone: 'phone', text: line.booking?.phone?.phase === 'sending' ? 'Annulation envoyée' : 'Annulation à envoyer' };
    case 'sent': if (interrupted) return { icon: 'phone', tone: 'phone', text: 'Envoi interrompu' };
      return { icon: 'send', tone: 'sent', text: 'Envoyé, réponse attendue' };
    case 'booked': return { icon: 'check', tone: 'ok', text: `Réservé${closes(line, now)}` };
    case 'waiting': return { icon: 'queue', tone: 'warn', text: waitingAt(line.booking?.rank) };
    case 'ask': return { icon: 'question', tone: 'warn', text: line.booking?.until ? `À confirmer avant ${moment(Date.parse(line.booking.until), now)}` : 'À confirmer' };
    case 'requested': return { icon: 'clock', tone: 'warn', text: line.booking?.reason === 'LATE' ? 'Demande tardive, le service décide' : 'Demandé, le service décide' };
    case 'declined': return { icon: 'cross', tone: 'bad', text: 'Refusé par le service' };
    case 'called_off': return { icon: 'cross', tone: 'bad', text: 'Annulé par la mairie' };
    case 'not_yet': return { icon: 'clock', tone: '', text: `Ouvre ${moment(line.slot?.opensAt ?? 0, now)}` };
    case 'expired': return { icon: 'clock', tone: '', text: 'Délai de réponse passé' };
    case 'refused': return { icon: 'cross', tone: 'bad', text: refusedShort(line.refusal?.item.code) };
    case 'other': return { icon: 'check', tone: 'ok', text: line.booking?.state === 'booked' ? 'Réservé par l’autre parent' : 'Demandé par l’autre parent' };
    case 'theirs':
    case 'fixed':
    case 'full':
    case 'free':
    case 'closed': return null;
  }
}

/** On the day the town answered, the hour of its answer is worth seeing at once. */
function closes(line: Line, now: number): string {
  const decided = line.booking ? Date.parse(line.booking.decided_at) : 0;
  return decided && now - decided < 12 * 3_600_000 ? ` à ${hourAt(decided)}` : '';
}

/** What was announced, or seen by an agent; null: nothing yet, the booking speaks. */
export function faceOfAttendance(seen: AttendanceBody | undefined): Face | null {
  if (seen?.state === 'present') return { icon: 'done', tone: 'ok', text: 'Présent' };
  if (seen?.state === 'excused') return { icon: 'info', tone: 'warn', text: 'Absent, excusé' };
  if (seen?.state === 'unexcused') return { icon: 'alert', tone: 'bad', text: 'Absent, non excusé' };
  return seen?.announced ? { icon: 'info', tone: 'warn', text: 'Absence annoncée' } : null;
}
