// Whose copy this browser shows when it starts. No secret: the session itself is a cookie that no script can read.
/** `role`: of the pages to open before the copy says it; absent in what older versions remembered. */
export interface Remembered { id: string; username: string; shared: boolean; role?: 'parent' | 'agent' }

const KEY = 'portail.account';
const LEAVING = 'portail.leaving';

export function remember(account: Remembered): void {
  // A shared device remembers for this tab only.
  attempt(() => (account.shared ? sessionStorage : localStorage).setItem(KEY, JSON.stringify(account)));
}

export function remembered(): Remembered | null {
  const text = attempt(() => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY));
  return text ? (JSON.parse(text) as Remembered) : null;
}

export function forget(): void {
  attempt(() => sessionStorage.removeItem(KEY));
  attempt(() => localStorage.removeItem(KEY));
}

/** Signed out without a network: the town must still be told, before anybody is signed in again by an old cookie.
 *  The device to strike off (empty: none was registered), or null when nothing is owed. */
export function owedFarewell(): string | null {
  return attempt(() => localStorage.getItem(LEAVING));
}

export function oweFarewell(device: string | null): void {
  attempt(() => (device === null ? localStorage.removeItem(LEAVING) : localStorage.setItem(LEAVING, device)));
}

/** A browser may forbid both storages; then it asks the town who is signed in. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
