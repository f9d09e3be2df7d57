// Files go beside the exchange: neither reading nor booking ever waits for a photo.
import type { Base } from '../local/base';
import { withDb } from '../local/room';

let onReleased: () => void = () => undefined;

/** Who is called when a command may leave because its files have arrived. */
export function whenReleased(act: () => void): void {
  onReleased = act;
}

/** Sends the files that wait, if there are any; what it needs for that is fetched only then. */
export function sendBeside(base: Base): void {
  void withDb(base, (open) => open.read(async (tables) => (await tables.files.all()).some((file) => file.state === 'queued')))
    .then(async (some) => some && (await (await import('./uploads')).sendFiles(base)).released > 0)
    .then((released) => released && onReleased())
    .catch((fault: unknown) => console.warn('Files wait:', (fault as Error).name));
}
