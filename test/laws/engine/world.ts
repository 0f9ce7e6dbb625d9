import { type Random, randomFor } from '#src/demo/random.ts'

/** What a stretch of a synthetic world's traffic is like. */
export interface Phase {
  readonly kind: 'calm' | 'gap' | 'errors' | 'spike' | 'reader' | 'export' | 'names' | 'denied' | 'guesses'
  /** Of event time; for a gap any length, for all else a few. */
  readonly minutes: number
}

export interface WorldOptions {
  readonly seed: number
  readonly phases: readonly Phase[]
  /** Calls a minute of one calm endpoint. */
  readonly rate: number
}

export const MINUTE = 60_000
/** Somewhere within a block, so that blocks and phases do not line up. */
export const WORLD_START = Date.UTC(2026, 10, 1, 9, 3, 20)

const ENDPOINTS = [
  { service: 'payments', method: 'GET', route: '/v1/accounts/{id}', bytes: 2000 },
  { service: 'payments', method: 'POST', route: '/v1/charge', bytes: 300 },
  { service: 'stock', method: 'GET', route: '/v1/items', bytes: 9000 },
] as const
const IDENTITIES = ['billing', 'shop', 'ops'] as const

interface Drawn {
  readonly at: number
  readonly line: string
}

/**
 * The lines of one source in the order in which they were logged: mostly a little out of order, some late, some twice, some that
 * cannot be read, some without a request id.
 */
export function linesOfWorld({ seed, phases, rate }: WorldOptions): Uint8Array[] {
  const random = randomFor(seed)
  const drawn: Drawn[] = []
  let at = WORLD_START
  for (const phase of phases) {
    const end = at + phase.minutes * MINUTE
    if (phase.kind !== 'gap') drawPhase(drawn, random, phase, at, end, rate)
    at = end
  }
  return disturb(drawn, random).map((line) => Buffer.from(line))
}

function drawPhase(drawn: Drawn[], random: Random, { kind }: Phase, from: number, to: number, rate: number): void {
  for (const [index, endpoint] of ENDPOINTS.entries()) {
    const factor = kind === 'spike' && index === 0 ? 25 : 1
    for (let at = from; at < to; ) {
      at += Math.ceil(random.exponential(MINUTE / (rate * factor)))
      if (at >= to) break
      const broken = kind === 'errors' && index < 2 ? 0.7 : 0.003
      const bytes = kind === 'export' && index === 2 && random.unit() < 0.3 ? 40_000_000 : endpoint.bytes
      drawn.push(
        call(random, at, {
          ...endpoint,
          route: kind === 'names' ? `/x/${random.hex(8)}` : endpoint.route,
          identity: kind === 'names' ? random.hex(8) : random.pick(IDENTITIES),
          status: random.unit() < broken ? 503 : 200,
          response_bytes: Math.round(bytes * Math.exp(0.4 * random.normal())),
          duration_ms: (kind === 'errors' ? 900 : 12) * (1 + (at % 7)),
        }),
      )
    }
  }
  if (kind !== 'reader' && kind !== 'denied' && kind !== 'guesses') return
  for (let at = from; at < to; at += Math.ceil(random.exponential(MINUTE / (rate * 40)))) {
    drawn.push(call(random, at, { identity: 'ops', response_bytes: 9000, ...oddCall(random, kind) }))
  }
}

/** A call of somebody who reads too much, tries what is locked, or guesses identifiers. */
function oddCall(random: Random, kind: 'reader' | 'denied' | 'guesses'): Readonly<Record<string, unknown>> {
  if (kind === 'reader') return { ...ENDPOINTS[2], status: 200 }
  if (kind === 'denied') {
    const status = random.pick([401, 403, 403, 403, 200])
    return { service: 'stock', method: 'GET', route: `/v1/admin/part-${random.below(12)}`, status }
  }
  const path = `/v1/accounts/${random.below(1_000_000)}`
  return { ...ENDPOINTS[0], path, status: random.pick([200, 404, 403]) }
}

function call(random: Random, at: number, fields: Readonly<Record<string, unknown>>): Drawn {
  const { bytes: _, ...logged } = fields
  const id = random.unit() < 0.9 ? { request_id: random.hex(16) } : {}
  return { at, line: JSON.stringify({ ts: at, ...logged, ...id }) }
}

/** How far behind its place a line of a world may be logged; below the lateness of 60 s. */
const DISORDER_MS = 50_000

function disturb(drawn: readonly Drawn[], random: Random): string[] {
  const placed: { order: number; line: string }[] = []
  for (const { at, line } of drawn) {
    const dice = random.unit()
    const order = at + (dice < 0.3 ? random.below(DISORDER_MS) : 0)
    placed.push({ order: dice > 0.995 ? order + 20 * MINUTE : order, line })
    if (dice > 0.97 && dice < 0.99) placed.push({ order: order + random.below(9000), line })
    if (dice > 0.96 && dice < 0.97) placed.push({ order, line: line.slice(0, 40) })
  }
  placed.sort((a, b) => a.order - b.order)
  return placed.map(({ line }) => line)
}

/** A world made by hand: calls of one endpoint and identity, `every` so many ms. */
export function stretch(
  from: number,
  to: number,
  every: number,
  fields: Readonly<Record<string, unknown>>,
): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let at = from; at < to; at += every) {
    lines.push(
      Buffer.from(
        JSON.stringify({ ts: at, method: 'GET', path: '/a', status: 200, service: 'a', identity: 'i', ...fields }),
      ),
    )
  }
  return lines
}

export function inOrder(lines: readonly Uint8Array[]): Uint8Array[] {
  const tsOf = (line: Uint8Array): number => JSON.parse(Buffer.from(line).toString()).ts
  return [...lines].sort((a, b) => tsOf(a) - tsOf(b))
}
