/**
 * Runs every vector against the TypeScript twins: `node sync/vectors/run.ts`.
 * Prints, per file, the names of the cases run and what went wrong, as one JSON object; the Python twins run in tests/sync.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

type Case = { name: string; call: string; args: unknown[]; gives: unknown }
type Twin = Record<string, (...args: unknown[]) => unknown>

/** `{"$repeat": ["y", 5]}` stands for a long text. */
function expanded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(expanded)
  const repeat = (value as { $repeat?: [string, number] }).$repeat
  if (repeat !== undefined) return repeat[0].repeat(repeat[1])
  const copy = JSON.parse('{}') as Record<string, unknown>
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, { value: expanded(item), enumerable: true, writable: true, configurable: true })
  }
  return copy
}

const here = new URL('.', import.meta.url)
const report: Record<string, { ran: string[]; wrong: string[] }> = {}
for (const file of readdirSync(here).filter((name) => name.endsWith('.json')).sort()) {
  const { cases } = JSON.parse(readFileSync(new URL(file, here), 'utf8')) as { cases: Case[] }
  const result = { ran: [] as string[], wrong: [] as string[] }
  for (const { name, call, args, gives } of cases) {
    const [module, verb] = call.split('.') as [string, string]
    const twin = (await import(new URL(`../${module}.ts`, here).href)) as Twin
    const twinName = verb.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const given = twin[twinName]?.(...(expanded(args) as unknown[]))
    const got: unknown = JSON.parse(JSON.stringify(given ?? null))
    result.ran.push(name)
    if (!isDeepStrictEqual(got, JSON.parse(JSON.stringify(expanded(gives))))) result.wrong.push(`${name}: ${JSON.stringify(got).slice(0, 2000)}`)
  }
  report[file] = result
}
process.stdout.write(JSON.stringify(report))
