/** What the trip to FranceConnect brought, in French: the server ends it on a page with one word. Pure. */
export interface Said { tone: 'ok' | 'warn' | 'bad'; text: string }

const SAID: Record<string, Said> = {
  abandon: { tone: 'warn', text: 'Vous avez abandonné sur FranceConnect. Rien n’a changé.' },
  recommencer: { tone: 'warn', text: 'Le passage par FranceConnect a pris trop de temps ou a été interrompu. Recommencez.' },
  panne: { tone: 'bad', text: 'FranceConnect ne répond pas pour l’instant. Réessayez dans quelques minutes, ou utilisez votre mot de passe.' },
  refus: { tone: 'bad', text: 'FranceConnect n’a pas pu confirmer votre identité. Réessayez ; si cela continue, appelez le service.' },
  lie: { tone: 'ok', text: 'Votre compte s’ouvre maintenant aussi avec FranceConnect.' },
  autre: { tone: 'bad', text: 'Cette identité FranceConnect ouvre déjà un autre compte du portail.' },
  different: { tone: 'bad', text: 'Cette identité FranceConnect n’est pas celle qui est reliée à votre compte.' },
  'sans-accord': { tone: 'warn', text: 'Donnez d’abord votre autorisation dans « Mes consentements ».' },
  quotient: { tone: 'ok', text: 'La CAF ou la MSA a répondu : votre quotient est à jour, et vos tarifs avec lui.' },
  'quotient-not_found': { tone: 'warn', text: 'La CAF et la MSA n’ont pas trouvé de quotient à votre nom. Si vous êtes allocataire, apportez une attestation au service ; sinon le tarif le plus élevé s’applique.' },
  'quotient-form': { tone: 'warn', text: 'La CAF n’a pas pu lire votre état civil. Le service va le vérifier avec vous.' },
  'quotient-refused': { tone: 'warn', text: 'La ville ne peut pas interroger la CAF pour l’instant. Votre demande est transmise au service.' },
  'quotient-throttled': { tone: 'warn', text: 'La CAF reçoit trop de demandes. Votre demande est transmise au service, qui la refera.' },
  'quotient-later': { tone: 'warn', text: 'La CAF ne répond pas. Votre demande est transmise au service, qui la refera.' },
  'quotient-unreadable': { tone: 'warn', text: 'La réponse de la CAF n’a pas pu être lue. Votre demande est transmise au service.' },
};

export const fromFranceConnect = (word: string): Said | null => SAID[word] ?? null;
