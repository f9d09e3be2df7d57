/** One way to say that a change of the dossier is safely on the phone, or that it is not. */
import { syncNow, type Kept } from '../local/api';
import { say } from '../ui/toasts.svelte';

export async function kept(what: () => Promise<Kept>, words = 'Enregistré sur ce téléphone.'): Promise<boolean> {
  try {
    await what();
    say(words);
    void syncNow();
    return true;
  } catch {
    say('Rien n’a été enregistré sur ce téléphone. Réessayez.', { tone: 'bad' });
    return false;
  }
}
