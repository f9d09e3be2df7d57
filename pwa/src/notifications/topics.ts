/** What can be told, in the parent's words, and why. */
export type Channel = 'push' | 'mail';
export const TOPICS = [
  ['messages', 'Messages des services', 'Un service vous a répondu.'],
  ['places', 'Places libérées', 'Une place vous est gardée quelques heures.'],
  ['custody', 'Jours de l’autre parent', 'L’autre parent vous demande un jour, ou vous répond.'],
  ['deadlines', 'Délais qui approchent', 'Un jour habituel n’est pas réservé, et la limite est demain.'],
  ['answers', 'Réponses à mes demandes', 'La mairie a décidé après votre envoi.'],
  ['invoices', 'Factures', 'Une facture est arrivée, ou son échéance approche.'],
  ['news', 'Actualités', 'Une nouvelle de la ville pour les familles.'],
] as const;
