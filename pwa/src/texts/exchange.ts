/** The state of the exchange with the town, and refusals of a whole request: what the very first page may have to say. */
import type { ExchangeState } from '../local/api';
import type { IconName } from '../ui/icons';
import { ago, capital, plural } from './format';

/** The line that is always in sight: the state of the exchange with the town. */
export function exchangeLine(state: ExchangeState, now: number): { icon: IconName; tone: '' | 'warn' | 'bad'; text: string } {
  const requests = plural(state.count, 'demande');
  switch (state.kind) {
    case 'starting': return { icon: 'refresh', tone: '', text: 'Ouverture…' };
    case 'receiving': return { icon: 'download', tone: '', text: `Chargement : ${plural(state.rows, 'information')} reçue${state.rows < 2 ? '' : 's'}` };
    case 'up_to_date': return { icon: 'done', tone: '', text: `À jour, ${ago(state.since, now)}` };
    case 'sending': return { icon: 'send', tone: '', text: state.count ? `Envoi de ${requests}…` : 'Échange avec la mairie…' };
    case 'offline':
      if (state.count) return { icon: 'offline', tone: 'warn', text: `Hors connexion : ${requests} ${state.count < 2 ? 'partira' : 'partiront'} au retour du réseau.` };
      return { icon: 'offline', tone: '', text: state.since ? `Hors connexion. Informations reçues ${ago(state.since, now)}.` : 'Hors connexion' };
    case 'needs_sign_in': return { icon: 'user', tone: 'warn', text: state.count ? `Reconnectez-vous pour envoyer ${requests}.` : 'Reconnectez-vous pour recevoir les nouveautés.' };
    case 'trouble': return { icon: 'alert', tone: 'bad', text: `${trouble(state.code)}${state.count ? ` ${capital(requests)} ${state.count < 2 ? 'reste' : 'restent'} sur ce téléphone.` : ''}` };
    case 'upgrade': return { icon: 'refresh', tone: 'warn', text: state.count ? `Mettez le portail à jour pour envoyer ${requests}.` : 'Une mise à jour du portail est nécessaire.' };
  }
}

/** Whether what was on its way stopped there: it will leave again by itself, and count once. */
export const isInterrupted = (state: ExchangeState): boolean => ['offline', 'needs_sign_in', 'trouble', 'upgrade'].includes(state.kind);

function trouble(code: string): string {
  if (code === 'stuck') return 'L’envoi n’avance plus. Ouvrez le portail un moment avec du réseau, ou appelez le service.';
  if (code === 'busy') return 'Le portail est très demandé. L’échange reprendra de lui-même.';
  return 'L’échange avec la mairie ne se fait pas pour l’instant. Il reprendra de lui-même.';
}

/** Why an act could not even be written on the phone, or sent back a refusal of the whole request. */
const ERRORS: Record<string, string> = {
  wrong_credentials: 'Nom d’utilisateur ou mot de passe incorrect.',
  offline: 'Pas de réseau : se connecter demande une connexion à Internet.',
  malformed: 'Cette demande est incomplète. Vérifiez les champs.',
  other_account: 'Un autre compte est ouvert sur cet appareil. Déconnectez-le d’abord.',
  device_revoked: 'Cet appareil a été déconnecté depuis un autre appareil.',
  too_large: 'Cette demande est trop grande.',
  upgrade_required: 'Le portail doit être mis à jour.',
};

/** The server's own sentence is already French, with the wait of a throttled account: it is used for other codes. */
export const refusal = (code: string, message: string): string => ERRORS[code] ?? (message || 'La demande n’a pas pu aboutir. Réessayez dans un moment.');
