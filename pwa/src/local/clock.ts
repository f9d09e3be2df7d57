// The town's time: its last word plus the time that passed since on this device's own, unadjustable counter.
// Nothing is decided by it: the server judges deadlines when a command arrives.

/** `server` and `wall` in ms since 1970, `counter` from performance.now(), all taken at the same moment. */
export interface Anchor { server: number; wall: number; counter: number }

let anchor: Anchor | null = null;

/** After an exchange that took `roundTrip` ms: the server wrote its time about half of that ago. */
export function anchorClock(serverTime: string, roundTrip: number): Anchor {
  anchor = { server: Date.parse(serverTime) + roundTrip / 2, wall: Date.now(), counter: performance.now() };
  return anchor;
}

/** At start, off line: the wrongness of this device's clock as last seen, until the town speaks again. */
export function recallClock(kept: Anchor): void {
  anchor ??= { server: Date.now() + (kept.server - kept.wall), wall: Date.now(), counter: performance.now() };
}

/** Now, in ms, as the town counts. Some devices stop their counter while asleep: the larger of both measures errs towards "too late". */
export function clock(): number {
  if (!anchor) return Date.now();
  return anchor.server + Math.max(performance.now() - anchor.counter, Date.now() - anchor.wall);
}

/** How far this device's clock is off, in ms; 0 while it is within two minutes, where nobody minds. */
export function skew(): number {
  const off = anchor ? anchor.wall - anchor.server : 0;
  return Math.abs(off) > 120_000 ? Math.round(off) : 0;
}
