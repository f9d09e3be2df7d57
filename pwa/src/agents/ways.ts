/** How a message reaches a family, in the agents' words. */
import type { IconName } from '../ui/icons';

export type Way = 'push' | 'mail' | 'portal' | 'nobody';
export const WAYS: Record<Way, { icon: IconName; text: string }> = {
  push: { icon: 'phone', text: 'Notification' },
  mail: { icon: 'message', text: 'Courriel' },
  portal: { icon: 'home', text: 'Portail seulement' },
  nobody: { icon: 'alert', text: 'Sans compte : à joindre autrement' },
};
