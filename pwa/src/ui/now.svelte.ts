import { clock } from '../local/api';

const STEP_MS = 20_000;
const state = $state({ ms: clock() });

/** The town's time, fresh enough to close a deadline on screen. Call `tell()` after an exchange has set the clock. */
export const now: { readonly ms: number } = state;
export function tell(): void {
  state.ms = clock();
}

setInterval(tell, STEP_MS);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') tell();
});
