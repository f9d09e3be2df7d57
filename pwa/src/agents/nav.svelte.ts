/** What the frame of the app needs for an agent, loaded only for them. */
import { me } from './me.svelte';
import { pagesOf } from './pages';

export { learnMe } from './me.svelte';
export const pages = (): ReturnType<typeof pagesOf> => pagesOf(me.service);
