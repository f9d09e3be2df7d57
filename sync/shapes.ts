/** What goes over the wire and what a device keeps, as README.md describes them. Types only: they have no twin. */

export type Item = { rid: string; child?: string; session?: string; max_price_cents?: number }
export type Args = { items?: Item[]; max_price_cents?: number; [name: string]: unknown }
/** One record per installation. `era` counts the times numbers changed meaning (new device, restored server). */
export type State = {
  device: string | null
  actor: string
  clone_guard: string | null
  era: number
  epoch: string | null
  next_n: number
  last_n: number
  acked: number
}
/** `files`: what it names is still on its way to the town; it goes by itself when all is there. The others wait for the parent. */
export type Parked = 'old' | 'other_account' | 'files'
/** What a screen hands over; `id` is local, `made_at` in milliseconds, `at` the same moment as the wire writes it. */
export type Draft = { id: string; kind: string; args: Args; at: string; actor: string; made_at: number; seen?: Record<string, unknown>; files?: string[] }
/** A command of the outbox; `n` is 0 while it is parked. */
export type Op = Draft & { n: number; sent: boolean; parked: Parked | null; agreed: boolean }
export type WireOp = { n: number; kind: string; at: string; args: Args; seen?: Record<string, unknown> }
export type Hello = { req: string; app: string; schema: number; actor: string; limit: number; most_ops: number }
export type Sent = { req: string; device: string; era: number; last_n: number; ack: number; ns: number[] }
export type Request = {
  proto: number
  schema: number
  app: string
  req: string
  device: string
  actor: string
  clone_guard?: string
  ack: number
  cursors: Record<string, string | null>
  limit: number
  ops: WireOp[]
}
export type Plan = { request: Request; sent: Sent; mark: string[] } | { blocked: 'no_device' | 'other_account' }

export type ReceiptItem = {
  rid?: string
  outcome: string
  code?: string
  child?: string
  session?: string
  cents?: number
  rank?: number
  until?: string
  deadline?: string
  limit_cents?: number
  next?: { kind: string; args: Args }
}
export type Receipt = {
  device: string
  n: number
  kind: string
  outcome: string
  code?: string
  items: ReceiptItem[]
  made_at: string
  received_at: string
  number: string
  scope: string
}
export type Row = { k: string; s: number; b?: Record<string, unknown>; del?: boolean }
export type Change = {
  scope: string
  from: string | null
  /** null: this scope has to wait its turn, the page was full. */
  to: string | null
  more: boolean
  reset: boolean
  count?: number
  digest?: string
  rows: Row[]
}
export type Reply = {
  proto: number
  req: string
  device: string
  epoch: string
  server_time: string
  last_n: number
  expected_n: number
  receipts: Receipt[]
  stopped: { reason: string; expected_n?: number; retry_after_ms?: number } | null
  changes: Change[]
  scopes: { added: string[]; removed: string[] }
  policy: { min_app?: string; next_poll_s?: number; offline_lease_days?: number }
}
export type Decision =
  | { do: 'apply'; reply: Reply }
  | { do: 'wait'; ms: number }
  | { do: 'not_ours' | 'smaller' }
  | { do: 'need_sign_in' | 'wiped' | 'other_account' | 'renumber' | 'smaller' | 'upgrade' | 'broken'; code: string }
