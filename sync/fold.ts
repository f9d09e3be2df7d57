/** What is on screen: the confirmed rows, and over them what the commands still on the phone ask for. Twin of fold.py. */

import type { Args, Item, Op, Parked } from './device.ts'

export type Ask = 'book' | 'join' | 'cancel' | 'leave' | 'confirm'
/** The last queued command about a place: asked on this phone, decided by nobody yet. */
export type Phone = {
  id: string
  n: number
  sent: boolean
  parked: Parked | null
  made_at: number
  ask: Ask
  limit_cents: number | null
}
/** A row's body with its `rid`. `state` is what the town said, null when it said nothing yet. */
export type Place = {
  rid: string
  child: string
  session: string
  state: 'booked' | 'waiting' | 'to_confirm' | 'expired' | null
  phone: Phone | null
  [field: string]: unknown
}

const ASKS = new Map<string, Ask>([
  ['reservation.book@1', 'book'],
  ['waitlist.join@1', 'join'],
  ['reservation.cancel@1', 'cancel'],
  ['waitlist.leave@1', 'leave'],
  ['reservation.confirm@1', 'confirm'],
])

/**
 * The places of a family, in the order of `rows` and then of the queue. Computed anew each time from both, so that a refused wish
 * leaves no trace; nothing it adds is ever called confirmed. Of `rows` only `resa/…` are read.
 */
export function fold(rows: readonly { k: string; b: Record<string, unknown> }[], outbox: readonly Op[]): Place[] {
  const places = new Map<string, Place>()
  for (const row of rows) {
    const rid = row.k.slice(5)
    if (row.k.startsWith('resa/')) places.set(rid, { ...row.b, rid, phone: null } as unknown as Place)
  }
  for (const op of inLine(outbox)) {
    const ask = ASKS.get(op.kind)
    if (ask === undefined) continue
    for (const item of op.args.items ?? []) {
      const known = places.get(item.rid)
      const wish = ask === 'book' || ask === 'join'
      if (wish && known === undefined) places.set(item.rid, wished(item, ask, op))
      if (!wish && known !== undefined) places.set(item.rid, { ...known, phone: phoneOf(ask, op, item) })
    }
  }
  return [...places.values()]
}

/** Queued commands in the order in which they will be sent, then those set aside, oldest first. */
export function inLine(outbox: readonly Op[]): Op[] {
  const rank = (op: Op) => [op.parked ? 1 : 0, op.parked ? op.made_at : op.n] as const
  return [...outbox].sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1] || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

function wished(item: Item, ask: Ask, op: Op): Place {
  return { rid: item.rid, child: item.child as string, session: item.session as string, state: null, phone: phoneOf(ask, op, item) }
}

function phoneOf(ask: Ask, op: Op, item: Item): Phone {
  const limit = item.max_price_cents ?? (op.args as Args).max_price_cents ?? null
  const { id, n, sent, parked, made_at } = op
  return { id, n, sent, parked, made_at, ask, limit_cents: limit }
}
