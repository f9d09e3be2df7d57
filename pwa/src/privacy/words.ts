/** The actions of the access log, in French. Pure. */
import { FIELDS } from '../families/words';

const ACTIONS: Record<string, string> = {
  'file.read': 'Dossier consulté', 'change.accepted': 'Modification acceptée', 'change.refused': 'Modification refusée',
  'quotient.franceconnect': 'Quotient demandé avec FranceConnect', 'quotient.identity': 'Quotient demandé à la CAF par un agent',
  'quotient.cdap': 'Quotient lu dans l’espace de la CAF', 'quotient.certificate': 'Quotient lu sur une attestation',
  'quotient.withdrawn': 'Autorisation retirée : le quotient ne compte plus', 'quotient.expired': 'Quotient arrivé à sa fin de validité',
  'quotient.not_found': 'Quotient demandé, non trouvé', 'quotient.failed': 'Quotient demandé, sans réponse',
  'custody.entered': 'Garde alternée enregistrée', 'custody.removed': 'Garde alternée retirée',
  'enrolment.accept': 'Inscription acceptée', 'enrolment.refuse': 'Inscription refusée', 'enrolment.wait': 'Mise en liste d’attente d’une inscription',
  'enrolment.move': 'Rang changé sur une liste d’attente', 'enrolment.paper': 'Pièce demandée pour une inscription', 'enrolment.good': 'Pièce vérifiée par un agent',
  'enrolment.end': 'Inscription arrêtée par le service',
  'booking.made': 'Réservation faite par un agent', 'booking.cancelled': 'Réservation annulée par un agent', 'request.accepted': 'Demande acceptée',
  'request.refused': 'Demande refusée', 'opening.closed': 'Jour fermé par la ville', 'attendance.ticked': 'Présence notée', 'invitation.sent': 'Invitation envoyée',
  'invoice.paid': 'Facture payée',
  'letter.printed': 'Lettre d’ouverture de compte préparée', 'base.imported': 'Dossier repris de la base de facturation',
  'account.unlock': 'Compte débloqué par un agent', 'account.password': 'Lien de mot de passe envoyé par un agent', 'account.activation': 'Message d’activation renvoyé par un agent',
  'restriction.entered': 'Décision de justice enregistrée par un agent', 'restriction.lifted': 'Décision de justice levée',
  'account.joined': 'Compte relié au dossier', 'account.left': 'Compte détaché du dossier', 'account.closed': 'Compte fermé',
  'erasure.asked': 'Effacement demandé', 'erasure.done': 'Effacement accepté', 'erasure.refused': 'Effacement refusé', 'erasure.applied': 'Dossier effacé',
};

export function actionText(what: string, detail: string): string {
  const about = what.startsWith('change.') ? (FIELDS[detail] ?? detail) : '';
  return `${ACTIONS[what] ?? what.replace(/[._]/g, ' ')}${about ? ` : ${about.toLowerCase()}` : ''}`;
}
