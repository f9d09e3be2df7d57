/** What the town decided, in the parent's words: a tag (icon, tone, words), a sentence, and what can be done next. */
import type { CommandKind, ReceiptBody, ReceiptItem } from '../local/api';
import { priceQuestion, refusedShort, waitingAt, type Face } from './decisions';
import { amount, dayAndHour, hourAt, plural } from './format';

const at = (iso: string | undefined): number => (iso ? Date.parse(iso) : 0);

const REFUSED: Record<string, string> = {
  ROUND_UNKNOWN: 'Cette inscription n’est plus proposée.',
  NOT_FOR_THIS_CHILD: 'Ce groupe n’est pas de l’âge ou de la classe de votre enfant.',
  ALREADY_ENROLLED: 'Votre enfant est déjà inscrit.',
  ALREADY_REQUESTED: 'Une demande est déjà en cours pour votre enfant.',
  ANSWER_NEEDED: 'Une réponse demandée manquait. Refaites la demande.',
  ASK_THE_SERVICE: 'L’inscription est acceptée : pour y mettre fin, appelez le service.',
  FILE_MISSING: 'Un fichier n’est pas arrivé. Ajoutez-le à nouveau.',
  NOTHING_TO_COMPLETE: 'Cette demande n’attend plus de pièce.',
  OTHER_PARENT_DAY: 'Ce jour est celui de l’autre parent. Demandez-le-lui depuis le planning.',
  NEEDS_ANOTHER: 'Ce créneau se réserve avec un autre du même jour, qui n’est pas réservé.',
  NEEDED: 'Un autre créneau de ce jour en dépend. Annulez les deux ensemble.',
  NOT_SHARED: 'Aucune garde alternée n’est enregistrée pour cet enfant à cette date.',
  YOUR_DAY: 'Ce jour est déjà le vôtre.',
  DAY_IS_PAST: 'Ce jour est trop proche ou passé.',
  ALREADY_ASKED: 'Ce jour est déjà demandé.',
  NOTHING_TO_ANSWER: 'Rien à décider : cette demande a déjà sa réponse, ou le jour est passé.',
  NOT_OPEN_YET: 'Les réservations ne sont pas encore ouvertes.',
  SESSION_UNKNOWN: 'Ce créneau n’existe plus dans le planning de la mairie.',
  SESSION_CLOSED: 'L’accueil est fermé ce jour-là.',
  NOT_BOOKABLE: 'Ce créneau ne se réserve pas sur le portail.',
  NOT_ENROLLED: 'Votre enfant n’est pas inscrit à cette activité à cette date. Appelez le service pour l’inscrire.',
  CHILD_UNKNOWN: 'Cet enfant ne fait pas partie de votre dossier.',
  RESTRICTED: 'Une décision de justice enregistrée par la ville ne vous permet pas cette demande pour cet enfant. Appelez le service si elle a changé.',
  ALREADY_BOOKED: 'Ce créneau est déjà réservé pour votre enfant.',
  INCOMPATIBLE: 'Une autre réservation du même jour ne peut pas aller avec celle-ci. Annulez-la d’abord.',
  OFFER_EXPIRED: 'Le délai pour répondre est passé : la place a été proposée à une autre famille.',
  ALL_OR_NOTHING: 'Aucun créneau n’a été réservé, parce que l’un d’eux ne pouvait pas l’être.',
  DEVICE_UNKNOWN: 'Cet appareil n’est plus dans votre liste.',
  MALFORMED: 'La mairie n’a pas pu lire cette demande. Refaites-la ; si cela continue, appelez le service.',
  UNKNOWN_KIND: 'Cette demande vient d’une version trop ancienne du portail. Mettez-le à jour, puis refaites-la.',
  NOTHING_TO_CANCEL: 'Rien à annuler : cette réservation n’existait pas, ou plus.',
  STALE: 'Cette information a changé entre-temps : la vôtre n’a pas été écrite par-dessus. Regardez-la dans « Mon dossier », puis refaites la modification si elle est encore utile.',
  NOT_YOURS: 'Ce dossier n’est plus rattaché à votre compte.',
  BAD_VALUE: 'La mairie n’a pas pu lire cette valeur. Vérifiez-la, puis refaites la modification.',
  TEXT_CHANGED: 'Le texte de cette autorisation a changé. Relisez-le, puis répondez à nouveau.',
  FILES_MISSING: 'La mairie a reçu vos mots, mais pas toutes les pièces jointes : envoyez-les à nouveau.',
  THREAD_UNKNOWN: 'Cet échange n’existe plus. Écrivez un nouveau message au service.',
  NOTHING_TO_CONFIRM: 'Rien à confirmer : cette proposition n’existe plus.',
};

const DONE: Record<CommandKind, string> = {
  'reservation.book@1': 'Réservé, confirmé par la mairie',
  'reservation.cancel@1': 'Annulé, confirmé par la mairie',
  'reservation.confirm@1': 'Réservé, confirmé par la mairie',
  'waitlist.join@1': 'Inscrit sur la liste d’attente',
  'absence.declare@1': 'Absence reçue par la mairie',
  'waitlist.leave@1': 'Retiré de la liste d’attente',
  'custody.ask@1': 'Demande transmise à l’autre parent',
  'custody.answer@1': 'Réponse transmise à l’autre parent',
  'custody.withdraw@1': 'Demande retirée',
  'device.rename@1': 'Appareil renommé',
  'device.revoke@1': 'Appareil déconnecté',
  'dossier.edit@1': 'Modification enregistrée',
  'contact.put@1': 'Personne enregistrée',
  'contact.remove@1': 'Personne retirée',
  'proof.declare@1': 'Justificatif annoncé',
  'consent.answer@1': 'Réponse enregistrée',
  'message.send@1': 'Message reçu par le service',
  'thread.read@1': 'Message lu',
  'enrolment.ask@1': 'Inscription acceptée',
  'enrolment.paper@1': 'Pièce reçue',
  'enrolment.withdraw@1': 'Demande retirée',
  'thread.close@1': 'Échange clos',
};

/** What a command asks for, as the head of its card. */
export const ASKED: Record<CommandKind, string> = {
  'reservation.book@1': 'Réservation',
  'reservation.cancel@1': 'Annulation',
  'reservation.confirm@1': 'Réponse à une proposition',
  'waitlist.join@1': 'Inscription en liste d’attente',
  'absence.declare@1': 'Absence',
  'waitlist.leave@1': 'Sortie de la liste d’attente',
  'custody.ask@1': 'Jour de l’autre parent',
  'custody.answer@1': 'Réponse à l’autre parent',
  'custody.withdraw@1': 'Retrait d’une demande de jour',
  'device.rename@1': 'Nom d’un appareil',
  'device.revoke@1': 'Déconnexion d’un appareil',
  'dossier.edit@1': 'Modification du dossier',
  'contact.put@1': 'Personne à contacter',
  'contact.remove@1': 'Retrait d’une personne',
  'proof.declare@1': 'Justificatif',
  'consent.answer@1': 'Autorisation',
  'message.send@1': 'Message à un service',
  'thread.read@1': 'Lecture d’un message',
  'enrolment.ask@1': 'Demande d’inscription',
  'enrolment.paper@1': 'Pièce d’une inscription',
  'enrolment.withdraw@1': 'Retrait d’une demande',
  'thread.close@1': 'Clôture d’un échange',
};

export function faceOf(item: ReceiptItem, kind: CommandKind): Face {
  switch (item.outcome) {
    case 'accepted': return { icon: 'check', tone: 'ok', text: kind === 'reservation.cancel@1' ? 'Annulé' : kind === 'waitlist.leave@1' ? 'Retiré' : kind === 'absence.declare@1' ? 'Absence annoncée' : kind.startsWith('message') ? 'Reçu par le service' : kind.startsWith('reservation') || kind.startsWith('waitlist') ? 'Réservé' : 'Fait' };
    case 'waitlisted': return { icon: 'queue', tone: 'warn', text: waitingAt(item.rank) };
    case 'requested': return { icon: 'clock', tone: 'warn', text: 'Demandé au service' };
    case 'late_request': return { icon: 'clock', tone: 'warn', text: 'Demande tardive' };
    case 'needs_confirmation': return { icon: 'question', tone: 'warn', text: 'À confirmer' };
    case 'void': return { icon: 'info', tone: '', text: 'Sans objet' };
    case 'failed_internal': return { icon: 'alert', tone: 'bad', text: 'Non traitée' };
    case 'refused': return { icon: 'cross', tone: 'bad', text: refusedShort(item.code) };
  }
}

/** « Demande faite à 21 h 14 sans réseau, reçue à 10 h 12 ; la limite était 10 h. » Days are named when they differ. */
function tooLate(item: ReceiptItem, receipt: ReceiptBody): string {
  const [made, received, limit] = [at(receipt.made_at), at(receipt.received_at), at(item.deadline)];
  if (!limit) return `Demande reçue ${dayAndHour(received)}, trop tard.`;
  if (received - made < 120_000) return `Trop tard : demande reçue ${dayAndHour(received)} ; la limite était ${dayAndHour(limit)}.`;
  return `Demande faite ${dayAndHour(made)} sans réseau, reçue ${dayAndHour(received)} ; la limite était ${dayAndHour(limit)}.`;
}

/** The whole sentence of one item of a receipt. */
export function sentenceOf(item: ReceiptItem, receipt: ReceiptBody, now: number): string {
  switch (item.outcome) {
    case 'accepted': return `${DONE[receipt.kind]} ${dayAndHour(at(receipt.received_at))}.${item.code === 'LATE' && item.cents !== undefined ? lateDone(receipt.kind, item.cents) : ''}${item.code === 'FILES_MISSING' ? ` ${REFUSED.FILES_MISSING}` : ''}`;
    case 'requested': if (item.code === 'PAPER_MISSING') return 'Demande reçue. Une pièce manque : ajoutez-la dans « Inscription ».';
      if (item.code === 'RECEIVED') return 'Demande d’inscription reçue. Suivez-la dans « Inscription ».';
      return 'Demande transmise au service, qui l’accepte ou la refuse selon les places.';
    case 'late_request': return 'Demande hors délai transmise au service, qui décidera.';
    case 'waitlisted': if (item.code === 'LATE') return `Hors délai. ${waitingAt(item.rank)}. Le service vous répondra.`;
      return `Complet. ${waitingAt(item.rank)}. Vous serez prévenu si une place se libère.`;
    case 'needs_confirmation': return priceQuestion(item.cents, item.limit_cents, at(item.until), now);
    case 'failed_internal': return 'Demande reçue mais non traitée, par notre faute. Le service vous répond ; vous pouvez aussi l’appeler.';
    case 'void': return REFUSED[item.code ?? ''] ?? 'Sans objet.';
    case 'refused':
      if (item.code === 'FULL') return item.rank ? `Complet. Voulez-vous la liste d’attente (rang ${item.rank}) ?` : 'Complet.';
      if (item.code === 'DEADLINE_PASSED') return tooLate(item, receipt);
      if (item.code === 'NOT_OPEN_YET' && item.opens) return `Les réservations ouvriront ${dayAndHour(at(item.opens))}.`;
      if (item.code === 'PRICE_CHANGED') return `Le tarif est passé à ${amount(item.cents ?? 0)}, au-dessus du prix que vous aviez accepté.`;
      return REFUSED[item.code ?? ''] ?? 'Demande refusée. Appelez le service pour en savoir plus.';
  }
}

const lateDone = (kind: CommandKind, cents: number): string =>
  (kind === 'reservation.cancel@1' ? ` Annulation hors délai : ${amount(cents)} ${cents < 200 ? 'reste dû' : 'restent dus'}.` : ` Réservation hors délai : ${amount(cents)}, majoration comprise.`);

/** One line for the whole answer, read aloud when it arrives. */
export function announcement(receipt: ReceiptBody): { text: string; bad: boolean } {
  const count = (outcome: string): number => receipt.items.filter((item) => item.outcome === outcome).length;
  const parts: string[] = [];
  const accepted = count('accepted');
  if (accepted) parts.push(accepted === 1 ? `${DONE[receipt.kind]} à ${hourAt(at(receipt.received_at))}` : `${DONE[receipt.kind]} à ${hourAt(at(receipt.received_at))} : ${plural(accepted, 'créneau', 'créneaux')}`);
  if (count('waitlisted')) parts.push(`${plural(count('waitlisted'), 'place')} en liste d’attente`);
  const asked = count('requested') + count('late_request');
  if (asked) parts.push(`${plural(asked, 'demande')} ${asked < 2 ? 'transmise' : 'transmises'} au service`);
  if (count('needs_confirmation')) parts.push(`${plural(count('needs_confirmation'), 'place')} à confirmer`);
  if (count('refused')) parts.push(plural(count('refused'), 'refus', 'refus'));
  if (count('void')) parts.push('rien à changer');
  if (count('failed_internal')) parts.push('demande reçue mais non traitée');
  const bad = count('refused') + count('failed_internal') + count('needs_confirmation') > 0;
  const where = count('refused') + count('failed_internal') ? ' Les raisons sont dans « Mes envois ».' : bad ? ' Répondez dans « Mes envois ».' : '';
  return { text: `${parts.join(', ') || 'Réponse de la mairie reçue'}.${where}`, bad };
}
