/** What a well-formed request and a well-formed command look like. Twin of commands.py. */

import { byCodePoint } from './identity.ts'
import { instantOf } from './instants.ts'

export const MOST_OPS = 50
export const MOST_BYTES = 256 * 1024
export const MOST_ITEMS = 60
export const MOST_ROWS = 500
export const MOST_CURSORS = 300
export const LARGEST_N = 2 ** 31 - 1
export const MOST_CENTS = 10_000_000
export const MOST_TEXT = 5000
export const MOST_ENTRIES = 20
export const MOST_FILES = 8
export const PROTO = 1

const ID = /^[A-Za-z0-9_.:-]{1,80}$/
const RID = /^[A-Za-z0-9_-]{1,40}$/
const APP = /^[A-Za-z0-9_.+-]{1,20}$/
const VISIBLE = /^[\x21-\x7e]{1,80}$/
const ID_PATH = /^[a-z]{1,20}\/[A-Za-z0-9_.:-]{1,70}$/
const DAY = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/

export type Fault = { code: string; path: string }
type Json = Record<string, unknown>
type Fields = Record<string, string>

const ENVELOPE = ['proto', 'schema', 'app', 'req', 'device', 'actor', 'clone_guard', 'ack', 'cursors', 'limit', 'ops']
const OP = ['n', 'kind', 'at', 'hash', 'args', 'seen']
const PLACE: Fields = { rid: 'rid', child: 'id', session: 'id', 'max_price_cents?': 'cents' }
const EDITABLE = 'address|phone_home|phone_mobile|phone_work|caf_number|email_invoices|diet'
const CONTACT: Fields = { kind: 'collector|emergency', name: 'label', 'relation?': 'line', phone: 'line', base: 'count' }
/** Per kind: the fields of args, then the fields of an item. A trailing "?" marks what may be absent. */
export const KINDS = new Map<string, readonly [Fields, Fields | null]>([
  [
    'reservation.book@1',
    [
      { items: 'items', mode: 'each|all', if_full: 'waitlist|ask', 'max_price_cents?': 'cents', 'family?': 'id', 'together?': 'yes|no' },
      PLACE,
    ],
  ],
  ['reservation.cancel@1', [{ items: 'items' }, { rid: 'rid' }]],
  ['reservation.confirm@1', [{ items: 'items' }, { rid: 'rid', max_price_cents: 'cents' }]],
  ['waitlist.join@1', [{ items: 'items', 'family?': 'id', 'together?': 'yes|no' }, PLACE]],
  ['waitlist.leave@1', [{ items: 'items' }, { rid: 'rid' }]],
  ['absence.declare@1', [{ items: 'items', reason: 'illness|family|school_trip|strike|other', 'note?': 'line', 'files?': 'files' }, { rid: 'rid' }]],
  ['custody.ask@1', [{ items: 'items', 'note?': 'line' }, { rid: 'rid', child: 'id', date: 'day' }]],
  ['custody.answer@1', [{ items: 'items', accept: 'yes|no' }, { rid: 'rid' }]],
  ['custody.withdraw@1', [{ items: 'items' }, { rid: 'rid' }]],
  [
    'message.send@1',
    [
      {
        thread: 'rid', message: 'rid', body: 'text', 'service?': 'id', 'subject?': 'label', 'about?': 'id_path', 'family?': 'id',
        'files?': 'files',
      },
      null,
    ],
  ],
  ['thread.read@1', [{ thread: 'rid', message: 'rid' }, null]],
  ['thread.close@1', [{ thread: 'rid' }, null]],
  ['device.rename@1', [{ device: 'id', label: 'label' }, null]],
  ['device.revoke@1', [{ device: 'id' }, null]],
  ['dossier.edit@1', [{ family: 'id', field: EDITABLE, 'child?': 'id', base: 'count', value: 'line' }, null]],
  ['contact.put@1', [{ family: 'id', contact: 'id', ...CONTACT }, null]],
  ['contact.remove@1', [{ family: 'id', contact: 'id', base: 'count' }, null]],
  [
    'proof.declare@1',
    [{ family: 'id', kind: 'insurance|address|vaccination', 'child?': 'id', 'label?': 'line', valid_until: 'day' }, null],
  ],
  [
    'enrolment.ask@1',
    [
      { round: 'id', 'family?': 'id', items: 'items' },
      { rid: 'rid', child: 'id', group: 'id', 'answers?': 'lines' },
    ],
  ],
  ['enrolment.paper@1', [{ request: 'rid', papers: 'ids' }, null]],
  ['enrolment.withdraw@1', [{ items: 'items' }, { rid: 'rid' }]],
  ['consent.answer@1', [{ purpose: 'quotient|photos', version: 'label', given: 'yes|no' }, null]],
])

export function isWhole(value: unknown, lowest: number, highest: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && lowest <= value && value <= highest
}

/** A name a person gives: 1 to 80 characters, something to read, nothing a database or a screen chokes on. */
export function isLabel(value: unknown): boolean {
  return isLine(value, 80) && /[^ ]/.test(value as string)
}

/** Several lines that a person writes: up to 5,000 characters, something to read. */
export function isText(value: unknown): boolean {
  return typeof value === 'string' && isLine(value.replace(/[\n\t]/g, ' '), MOST_TEXT) && /[^ \n\t]/.test(value)
}

/** One line of text, perhaps empty. */
function isLine(value: unknown, most: number): boolean {
  if (typeof value !== 'string') return false
  const codes = Array.from(value, (character) => character.codePointAt(0) as number)
  const sayable = (code: number) => code >= 0x20 && code !== 0x7f && !(code >= 0xd800 && code <= 0xdfff)
  return codes.length <= most && codes.every(sayable)
}

/** The envelope. null when it is sound; `upgrade_required` when it speaks another protocol, else `malformed`. */
export function checkRequest(body: unknown): Fault | null {
  if (!isObject(body)) return malformed('')
  const stranger = unknownOf(body, ENVELOPE)
  if (stranger !== null) return malformed(nameOf(stranger))
  if (!isWhole(body.proto, 1, LARGEST_N)) return malformed('proto')
  if (body.proto !== PROTO) return { code: 'upgrade_required', path: 'proto' }
  const sound: [string, boolean][] = [
    ['schema', isWhole(body.schema, 1, LARGEST_N)],
    ['app', matches(APP, body.app)],
    ['req', matches(ID, body.req)],
    ['device', matches(ID, body.device)],
    ['actor', matches(ID, body.actor)],
    ['clone_guard', !has(body, 'clone_guard') || matches(ID, body.clone_guard)],
    ['ack', !has(body, 'ack') || isWhole(body.ack, 0, LARGEST_N)],
    ['limit', !has(body, 'limit') || isWhole(body.limit, 1, MOST_ROWS)],
    ['cursors', isObject(body.cursors) && Object.keys(body.cursors).length <= MOST_CURSORS],
    ['ops', Array.isArray(body.ops)],
  ]
  for (const [name, right] of sound) if (!right) return malformed(name)
  const cursors = body.cursors as Json
  for (const scope of Object.keys(cursors).sort(byCodePoint)) {
    if (!matches(ID, scope) || !isCursor(cursors[scope])) return malformed('cursors.' + nameOf(scope))
  }
  const ops = body.ops as unknown[]
  if (ops.length > MOST_OPS) return { code: 'too_large', path: 'ops' }
  for (const [i, op] of ops.entries()) {
    const fault = checkOp(op, `ops[${i}]`)
    if (fault !== null) return fault
  }
  return null
}

function checkOp(op: unknown, path: string): Fault | null {
  if (!isObject(op)) return malformed(path)
  const stranger = unknownOf(op, OP)
  if (stranger !== null) return malformed(`${path}.${nameOf(stranger)}`)
  const sound: [string, boolean][] = [
    ['n', isWhole(op.n, 1, LARGEST_N)],
    ['kind', matches(VISIBLE, op.kind) && (op.kind as string).length <= 60],
    ['at', instantOf(op.at) !== null],
    ['hash', !has(op, 'hash') || matches(VISIBLE, op.hash)],
    ['args', isObject(op.args)],
    ['seen', !has(op, 'seen') || isObject(op.seen)],
  ]
  for (const [name, right] of sound) if (!right) return malformed(`${path}.${name}`)
  return null
}

/** The arguments of one command of a sound envelope. `UNKNOWN_KIND` or `MALFORMED`, both reasons of a refusal. */
export function checkCommand(kind: string, args: unknown): Fault | null {
  const shapes = KINDS.get(kind)
  if (shapes === undefined) return { code: 'UNKNOWN_KIND', path: 'kind' }
  const [fields, itemFields] = shapes
  let path = faultIn(args, fields, 'args')
  if (path === null && itemFields !== null) path = faultInItems((args as { items: unknown[] }).items, itemFields)
  return path === null ? null : { code: 'MALFORMED', path }
}

function faultInItems(items: unknown[], fields: Fields): string | null {
  const seen = new Set<unknown>()
  for (const [i, item] of items.entries()) {
    const path = faultIn(item, fields, `args.items[${i}]`)
    if (path !== null) return path
    const rid = (item as Json).rid
    if (seen.has(rid)) return `args.items[${i}].rid`
    seen.add(rid)
  }
  return null
}

function faultIn(value: unknown, fields: Fields, path: string): string | null {
  if (!isObject(value)) return path
  const names = Object.keys(fields).map((field) => field.replace('?', ''))
  const stranger = unknownOf(value, names)
  if (stranger !== null) return `${path}.${nameOf(stranger)}`
  for (const [field, shape] of Object.entries(fields)) {
    const name = field.replace('?', '')
    const right = has(value, name) ? fits(value[name], shape) : field.endsWith('?')
    if (!right) return `${path}.${name}`
  }
  return null
}

function fits(value: unknown, shape: string): boolean {
  if (shape === 'items') return Array.isArray(value) && value.length >= 1 && value.length <= MOST_ITEMS
  if (shape === 'cents') return isWhole(value, 0, MOST_CENTS)
  if (shape === 'label') return isLabel(value)
  if (shape === 'line') return isLine(value, 250)
  if (shape === 'text') return isText(value)
  if (shape === 'lines' || shape === 'ids') return isTable(value, shape === 'lines' ? 'line' : 'rid')
  if (shape === 'files') return isFiles(value)
  if (shape === 'id_path') return matches(ID_PATH, value)
  if (shape === 'count') return isWhole(value, 0, LARGEST_N)
  if (shape === 'day') return matches(DAY, value)
  if (shape === 'id' || shape === 'rid') return matches(shape === 'id' ? ID : RID, value)
  return typeof value === 'string' && shape.split('|').includes(value)
}

/** Codes and what belongs to each: at most twenty. */
function isTable(value: unknown, shape: string): boolean {
  if (!isObject(value) || Object.keys(value).length > MOST_ENTRIES) return false
  return Object.entries(value).every(([key, one]) => matches(RID, key) && fits(one, shape))
}

/** Files that were sent before: one to eight, each once. */
function isFiles(value: unknown): boolean {
  return Array.isArray(value) && value.length >= 1 && value.length <= MOST_FILES && value.every((one) => matches(RID, one)) && new Set(value).size === value.length
}

function isCursor(value: unknown): boolean {
  return value === null || (typeof value === 'string' && Array.from(value).length <= 60)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function has(value: Json, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(value, name)
}

function unknownOf(value: Json, known: readonly string[]): string | null {
  return Object.keys(value).filter((name) => !known.includes(name)).sort(byCodePoint)[0] ?? null
}

function matches(shape: RegExp, value: unknown): boolean {
  return typeof value === 'string' && shape.test(value)
}

function malformed(path: string): Fault {
  return { code: 'malformed', path }
}

/** A field's name as it may be told back: what the sender made up is not repeated. */
function nameOf(name: string): string {
  return ID.test(name) ? name : '?'
}
