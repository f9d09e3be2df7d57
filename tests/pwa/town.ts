// A small town for the client's tests: it speaks the protocol with the protocol's own rules, and can be made to misbehave.
import { digestRows, digestText } from '../../sync/checksum.ts';
import { cursorAfter, formatCursor, whereToRead } from '../../sync/cursor.ts';
import type { Change, Receipt, Request, Row, WireOp } from '../../sync/device.ts';
import { fingerprint } from '../../sync/identity.ts';
import { judge } from '../../sync/judge.ts';

interface Device { last_n: number; prints: Map<number, string>; receipts: Map<number, Receipt>; revoked: boolean }
interface Scope { seq: number; floor: number; rows: Map<string, { seq: number; body: Record<string, unknown> | null }> }
/** What goes wrong on the way: nothing at all, a reply that gets lost after the town acted, or an answer that is not the town's. */
export type Weather = 'fine' | 'no network' | 'reply lost' | 'captive portal' | 'overloaded';

export const FAMILY = 'f:1';
const SERVER_TIME = '2026-11-24T08:00:00.000+01:00';

export class Town {
  weather: Weather = 'fine';
  signedIn: string | null = 'nadia';
  pageSize = 500;
  gen = 'a1';
  full = new Set<string>();
  devices = new Map<string, Device>();
  scopes = new Map<string, Scope>();
  requests: Request[] = [];
  calls: string[] = [];
  wrongDigests = 0;

  constructor() {
    this.put(FAMILY, 'family/1', { number: '1', label: 'BENALI', resident: true, quotient: null, adults: [] });
    this.put(FAMILY, 'child/lea', { first_name: 'Léa', last_name: 'Benali', grade: 'CE1', school: 'pasteur', shared: false });
    this.put('t:news', 'news/1', { title: 'Rentrée', summary: '', body: '', at: '2026-11-20T10:00:00+01:00', pinned: false });
  }

  /** Stands in for the browser's fetch. */
  fetch = async (path: string, init: { method?: string; body?: string } = {}): Promise<Response> => {
    this.calls.push(`${init.method ?? 'GET'} ${path}`);
    if (this.weather === 'no network') throw new TypeError('Failed to fetch');
    if (this.weather === 'captive portal') return new Response('<h1>Bienvenue au Wi-Fi</h1>', { headers: { 'content-type': 'text/html' } });
    if (this.weather === 'overloaded') return json(503, refusal('busy'), { 'retry-after': '2' });
    const reply = this.answer(init.method ?? 'GET', path, init.body ? JSON.parse(init.body) : undefined);
    if (this.weather === 'reply lost') throw new TypeError('Failed to fetch');
    return reply;
  };

  private answer(method: string, path: string, body: Request): Response {
    if (path === '/api/session' && method === 'DELETE') return new Response(null, { status: 204 });
    if (!this.signedIn) return json(401, refusal('sign_in'));
    if (path === '/api/sync/v1/devices') return this.register();
    if (path.startsWith('/api/sync/v1/devices/')) return new Response(null, { status: 204 });
    if (path === '/api/sync/v1/exchange') return this.exchange(body);
    return json(200, { account: { id: this.signedIn, username: this.signedIn, name: '', role: 'parent' }, server_time: SERVER_TIME });
  }

  private register(): Response {
    const device = `d_${this.devices.size + 1}`;
    this.devices.set(device, { last_n: 0, prints: new Map(), receipts: new Map(), revoked: false });
    return json(201, { device, last_n: 0, epoch: this.gen, server_time: SERVER_TIME });
  }

  private exchange(request: Request): Response {
    this.requests.push(request);
    const device = this.devices.get(request.device);
    if (!device) return json(410, refusal('device_unknown'));
    if (device.revoked) return json(403, refusal('device_revoked'));
    if (request.actor !== this.signedIn) return json(403, refusal('other_account'));
    const receipts: Receipt[] = [];
    let stopped: object | null = null;
    for (const op of request.ops) {
      const verdict = judge(device.last_n, op.n, device.prints.get(op.n) ?? null, fingerprint(op.kind, op.args));
      if (verdict === 'conflict') return json(409, refusal('identity_conflict'));
      if (verdict === 'gap') {
        stopped = { reason: 'gap', expected_n: device.last_n + 1 };
        break;
      }
      if (verdict === 'execute') this.execute(request.device, device, op);
      receipts.push(device.receipts.get(op.n) as Receipt);
    }
    return json(200, {
      proto: 1, req: request.req, device: request.device, epoch: this.gen, server_time: SERVER_TIME,
      last_n: device.last_n, expected_n: device.last_n + 1, receipts, stopped, changes: this.changes(request),
      scopes: { added: [], removed: Object.keys(request.cursors).filter((scope) => !this.scopes.has(scope)) },
      policy: { next_poll_s: 900 },
    });
  }

  private execute(name: string, device: Device, op: WireOp): void {
    const items = (op.args.items ?? []).map((item) => {
      const key = `resa/${item.rid}`;
      if (op.kind !== 'reservation.book@1') {
        const known = this.scopes.get(FAMILY)?.rows.get(key)?.body;
        this.put(FAMILY, key, null);
        return known ? { rid: item.rid, outcome: 'accepted' } : { rid: item.rid, outcome: 'void', code: 'NOTHING_TO_CANCEL' };
      }
      const [unit, date] = (item.session ?? '').split(':') as [string, string];
      const full = this.full.has(item.session ?? '');
      const state = full ? { state: 'waiting', rank: 1 } : { state: 'booked', cents: 100 };
      this.put(FAMILY, key, { child: item.child, session: item.session, unit, date, mine: true, decided_at: SERVER_TIME, ...state });
      return full ? { rid: item.rid, outcome: 'waitlisted', code: 'FULL', rank: 1 } : { rid: item.rid, outcome: 'accepted', cents: 100 };
    });
    const receipt: Receipt = {
      device: name, n: op.n, kind: op.kind, outcome: items[0]?.outcome ?? 'accepted', items, made_at: op.at, received_at: SERVER_TIME,
      number: `R-${name}-${op.n}`, scope: FAMILY,
    };
    this.put(FAMILY, `receipt/${name}/${op.n}`, { ...receipt });
    device.last_n = op.n;
    device.prints.set(op.n, fingerprint(op.kind, op.args));
    device.receipts.set(op.n, receipt);
  }

  put(scope: string, key: string, body: Record<string, unknown> | null): void {
    const held = this.scopes.get(scope) ?? { seq: 0, floor: 0, rows: new Map() };
    this.scopes.set(scope, held);
    held.seq += 1;
    held.rows.set(key, { seq: held.seq, body });
  }

  private changes(request: Request): Change[] {
    let room = this.pageSize;
    return [...this.scopes].flatMap(([name, scope]) => {
      const cursor = request.cursors[name] ?? null;
      const reading = whereToRead(cursor, this.gen, scope.seq, scope.floor);
      if (!reading) return [];
      const rows = [...scope.rows].map(([k, { seq, body }]): Row => (body ? { k, s: seq, b: body } : { k, s: seq, del: true }))
        .filter((row) => row.s > reading.after && !(row.del && row.s <= reading.hide_to))
        .sort((a, b) => a.s - b.s);
      const page = rows.slice(0, room);
      room -= page.length;
      const more = page.length < rows.length;
      if (more && !page.length) return [];
      const to = cursorAfter(cursor, reading, this.gen, scope.seq, more ? (page.at(-1)?.s ?? null) : null);
      return [{ scope: name, from: reading.reset ? null : cursor, to, more, reset: reading.reset, rows: page, ...(more ? {} : this.check(scope)) }];
    });
  }

  private check(scope: Scope): { count: number; digest: string } {
    const live = [...scope.rows].filter(([, row]) => row.body).map(([k, row]) => ({ k, s: row.seq }));
    const wrong = this.wrongDigests-- > 0 ? 1 : 0;
    return { count: live.length, digest: digestText(digestRows(live) + wrong) };
  }

  /** A copy to come back to, as a backup is. */
  backup(): () => void {
    const kept = structuredClone({ devices: this.devices, scopes: this.scopes });
    return () => {
      this.devices = structuredClone(kept.devices);
      this.scopes = structuredClone(kept.scopes);
      this.gen = 'b1';
    };
  }

  /** Bookings that the town holds, by session. */
  booked(): string[] {
    return this.bodies().filter((body) => body.state === 'booked').map((body) => String(body.session)).sort();
  }

  private bodies(): Record<string, unknown>[] {
    return [...(this.scopes.get(FAMILY)?.rows ?? [])].filter(([key]) => key.startsWith('resa/')).flatMap(([, row]) => row.body ?? []);
  }

  cursor(scope: string): string {
    return formatCursor(this.gen, this.scopes.get(scope)?.seq ?? 0);
  }
}

const refusal = (code: string): object => ({ error: { code, message: '', facts: {} } });

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}
