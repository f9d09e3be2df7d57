/** The device's side of one exchange: what to send now, what an answer means, when to try again. Twin of device.py. */

import { utf8 } from './checksum.ts'
import { MOST_BYTES, MOST_OPS, PROTO, isWhole } from './commands.ts'
import { canonical } from './identity.ts'
import type { Decision, Hello, Op, Plan, Reply, Request, Sent, State, WireOp } from './shapes.ts'

export type * from './shapes.ts'

/** The cursor of a scope that is held, but has to be read anew: naming it lets the server say that it is gone. */
const NOWHERE = '0.0'
const SPARE_BYTES = 48 * 1024 // for the cursors and the rest of the envelope
export const SHORTEST_WAIT = 1_000
export const LONGEST_WAIT = 300_000
const ORDERS: Record<string, 'need_sign_in' | 'wiped' | 'other_account' | 'renumber' | 'smaller' | 'upgrade'> = {
  '401 sign_in': 'need_sign_in',
  '403 device_revoked': 'wiped',
  '403 other_account': 'other_account',
  '409 identity_conflict': 'renumber',
  '410 device_unknown': 'renumber',
  '413 too_large': 'smaller',
  '426 upgrade_required': 'upgrade',
}

/** An installation that has not met the town yet. It may already keep commands. */
export function newState(actor: string): State {
  return { device: null, actor, clone_guard: null, era: 0, epoch: null, next_n: 1, last_n: 0, acked: 0 }
}

/**
 * The next exchange. The outbox is never sent for anybody else than who is signed in. Store the ops of `mark` as `sent` before
 * the request leaves; hand `sent` to `interpret` and `settle`. With nothing to send it is a plain question for news.
 */
export function planRequest(
  state: State,
  outbox: readonly Op[],
  cursors: Readonly<Record<string, string | null>>,
  hello: Hello,
): Plan {
  if (state.actor !== hello.actor) return { blocked: 'other_account' }
  if (state.device === null) return { blocked: 'no_device' }
  const ops = opsToSend(outbox, hello.actor, hello.most_ops)
  const ack = acknowledged(state, outbox)
  const { req, app, schema, actor, limit } = hello
  const request: Request = {
    proto: PROTO, schema, app, req, device: state.device, actor, ack, cursors: placesIn(cursors), limit, ops: ops.map(onTheWire),
  }
  if (state.clone_guard !== null) request.clone_guard = state.clone_guard
  const sent = { req, device: state.device, era: state.era, last_n: state.last_n, ack, ns: ops.map((op) => op.n) }
  return { request, sent, mark: ops.filter((op) => !op.sent).map((op) => op.id) }
}

function placesIn(cursors: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(cursors).map(([scope, cursor]) => [scope, cursor ?? NOWHERE]))
}

/** The first commands in line: of this account, not parked, without a gap between them, within the limits of a request. */
export function opsToSend(outbox: readonly Op[], actor: string, mostOps: number): Op[] {
  const chosen: Op[] = []
  let room = MOST_BYTES - SPARE_BYTES
  for (const op of outbox.filter((op) => op.parked === null).sort((a, b) => a.n - b.n)) {
    room -= utf8(canonical(onTheWire(op))).length
    const last = chosen.at(-1)
    if (op.actor !== actor || chosen.length >= Math.min(mostOps, MOST_OPS) || (last !== undefined && room < 0)) break
    if (last !== undefined && op.n !== last.n + 1) break
    chosen.push(op)
  }
  return chosen
}

function onTheWire(op: Op): WireOp {
  const wire: WireOp = { n: op.n, kind: op.kind, at: op.at, args: op.args }
  return op.seen === undefined ? wire : { ...wire, seen: op.seen }
}

/** Every answer up to this number is stored on the phone. */
function acknowledged(state: State, outbox: readonly Op[]): number {
  return Math.min(state.last_n, ...outbox.filter((op) => op.parked === null).map((op) => op.n - 1))
}

/**
 * What an answer means; `status` 0: none came. Nothing here ever empties the outbox. `not_ours`: a captive portal, a proxy, a
 * cache, half a reply. `broken`: we asked wrongly. An order to change state is obeyed only with our own code in it.
 */
export function interpret(
  sent: Sent,
  status: number,
  contentType: string | null,
  body: string | null,
  retryAfter: string | null = null,
): Decision {
  if (status === 0) return { do: 'wait', ms: 0 }
  const answer = parsed(contentType, body)
  if (status >= 200 && status < 300) {
    if (answer === null || answer.req !== sent.req || answer.device !== sent.device) return { do: 'not_ours' }
    return isReply(answer) ? { do: 'apply', reply: answer } : { do: 'not_ours' }
  }
  if (status === 429 || status === 503) return { do: 'wait', ms: seconds(retryAfter) * 1000 }
  const error = answer?.error
  const code = isObject(error) ? error.code : null
  if (typeof code !== 'string') {
    return status === 413 ? { do: 'smaller' } : status >= 500 ? { do: 'wait', ms: 0 } : { do: 'not_ours' }
  }
  const order = ORDERS[`${status} ${code}`]
  if (order !== undefined) return { do: order, code }
  return status >= 500 ? { do: 'wait', ms: 0 } : { do: 'broken', code }
}

type Json = Record<string, unknown>

function parsed(contentType: string | null, body: string | null): Json | null {
  if (((contentType ?? '').split(';')[0] as string).trim().toLowerCase() !== 'application/json') return null
  try {
    const answer: unknown = JSON.parse(body ?? '')
    return isObject(answer) ? answer : null
  } catch {
    return null
  }
}

/** Retry-After in seconds, at most an hour; its other form, a date, is left to backoff since no clock is read here. */
function seconds(retryAfter: string | null): number {
  const text = (retryAfter ?? '').trim()
  return /^[0-9]{1,9}$/.test(text) ? Math.min(Number(text), 3600) : 0
}

/** Whether a body has the shape of a reply; half of one must not be applied. */
export function isReply(answer: object): answer is Reply {
  const reply = answer as Json
  const scopes = reply.scopes
  return (
    reply.proto === PROTO &&
    typeof reply.epoch === 'string' &&
    typeof reply.server_time === 'string' &&
    isWhole(reply.last_n, 0, 2 ** 31) &&
    all(reply.receipts, isReceipt) &&
    all(reply.changes, isChange) &&
    isObject(scopes) &&
    all(scopes.added, (scope) => typeof scope === 'string') &&
    all(scopes.removed, (scope) => typeof scope === 'string') &&
    ((reply.stopped ?? null) === null || isObject(reply.stopped)) &&
    isObject(reply.policy)
  )
}

function isReceipt(value: unknown): boolean {
  return isObject(value) && typeof value.device === 'string' && typeof value.outcome === 'string' && Array.isArray(value.items) && isWhole(value.n, 1, 2 ** 31)
}

function isChange(value: unknown): boolean {
  if (!isObject(value) || typeof value.scope !== 'string') return false
  if (!isTextOrNull(value.from) || !isTextOrNull(value.to)) return false
  return typeof value.more === 'boolean' && typeof value.reset === 'boolean' && all(value.rows, isRow)
}

function isRow(value: unknown): boolean {
  if (!isObject(value) || typeof value.k !== 'string' || !isWhole(value.s, 1, Number.MAX_SAFE_INTEGER)) return false
  return value.del === true || isObject(value.b)
}

function isTextOrNull(value: unknown): boolean {
  return (value ?? null) === null || typeof value === 'string'
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function all(value: unknown, holds: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(holds)
}

/** Milliseconds before try number `attempt` (1, 2, …): full jitter up to 2, 4, 8 s … 5 min, never under a second. */
export function backoff(attempt: number, random01: number): number {
  const ceiling = Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** Math.min(attempt, 20))
  return Math.max(SHORTEST_WAIT, Math.floor(ceiling * random01))
}

/**
 * `[attempt, wait]`: how many failures in a row, and the milliseconds to wait; null: until something wakes the device.
 * Going on at once is allowed to progress only: whoever asks the same again and again without it waits longer each time.
 */
export function nextExchange(
  decision: Decision,
  progressed: boolean,
  unfinished: boolean,
  attempt: number,
  random01: number,
): [number, number | null] {
  if (decision.do === 'apply' && progressed && unfinished) return [0, 0]
  if (decision.do === 'apply' && !unfinished) return [0, (decision.reply.policy.next_poll_s ?? 900) * 1000]
  if (['need_sign_in', 'wiped', 'other_account', 'upgrade'].includes(decision.do)) return [0, null]
  if ((decision.do === 'renumber' || decision.do === 'smaller') && attempt === 0) return [1, 0]
  let told = decision.do === 'wait' ? decision.ms : 0
  const stopped = decision.do === 'apply' ? decision.reply.stopped : null
  if (stopped && isWhole(stopped.retry_after_ms, 0, 3_600_000)) told = stopped.retry_after_ms as number
  return [attempt + 1, Math.max(told, decision.do === 'broken' ? LONGEST_WAIT : backoff(attempt + 1, random01))]
}
