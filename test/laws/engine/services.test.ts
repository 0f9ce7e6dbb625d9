import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import { randomFor } from '#src/demo/random.ts'
import { detect, PLAINLY } from './run.ts'
import { checkTold, hows, runAs } from './same.ts'
import { MINUTE, WORLD_START } from './world.ts'

/** What becomes of a service: which of its endpoints fail, from when on and how long, in minutes. */
interface Trouble {
  readonly endpoints: 'all' | 'some' | 'one'
  readonly from: number
  readonly minutes: number
}

interface Service {
  readonly seed: number
  readonly endpoints: number
  /** Calls a minute of its most popular endpoint; the others have less by Zipf. */
  readonly rate: number
  readonly troubles: readonly Trouble[]
}

const ENDS_AT = 66

function fails({ endpoints, from, minutes }: Trouble, index: number, minute: number): boolean {
  if (minute < from || minute >= from + minutes) return false
  return endpoints === 'all' || (endpoints === 'some' ? index % 2 === 0 : index === 1)
}

/** The lines of one service, a little out of order. */
function linesOf({ seed, endpoints, rate, troubles }: Service): Uint8Array[] {
  const random = randomFor(seed)
  const drawn: { order: number; line: string }[] = []
  for (let index = 0; index < endpoints; index += 1) {
    for (let at = 0; at < ENDS_AT; ) {
      at += random.exponential((1 + index) / rate)
      const broken = troubles.some((trouble) => fails(trouble, index, at)) ? 0.8 : 0.002
      const ts = Math.floor(WORLD_START + at * MINUTE)
      const fields = { service: 'shop', method: 'GET', path: `/part-${index}`, identity: `i${random.below(20)}` }
      const line = JSON.stringify({
        ts,
        ...fields,
        status: random.unit() < broken ? 503 : 200,
        request_id: random.hex(16),
      })
      drawn.push({ order: ts + (random.unit() < 0.2 ? random.below(40_000) : 0), line })
    }
  }
  return drawn.sort((a, b) => a.order - b.order).map(({ line }) => Buffer.from(line))
}

const ofErrors = (alerts: readonly Alert[]): readonly Alert[] =>
  alerts.filter(({ detector }) => detector === 'error-burst')

const trouble = fc.record({
  endpoints: fc.constantFrom<Trouble['endpoints']>('all', 'some', 'one'),
  from: fc.integer({ min: 35, max: 58 }),
  minutes: fc.integer({ min: 1, max: 8 }),
})
const services = fc.record({
  seed: fc.integer(),
  endpoints: fc.integer({ min: 2, max: 8 }),
  rate: fc.integer({ min: 15, max: 30 }),
  troubles: fc
    .tuple(fc.integer({ min: 35, max: 55 }), fc.integer({ min: 4, max: 8 }), fc.array(trouble, { maxLength: 2 }))
    .map(([from, minutes, more]): Trouble[] => [{ endpoints: 'all', from, minutes }, ...more]),
})

describe('the same log gives the same alerts of services and their endpoints', () => {
  test('for any batches, sources, order within lateness, partitions and crashes', async () => {
    let attached = 0
    await fc.assert(
      fc.asyncProperty(services, hows, async (service, how) => {
        const lines = linesOf(service)
        const plain = await detect([lines])
        checkTold(plain)
        attached += plain.settled.filter(({ parent }) => parent !== null).length
        const other = await runAs(lines, how)
        expect(other.settled).toEqual(plain.settled)
        expect(other.budget).toEqual(plain.budget)
        checkTold(other)
      }),
      { numRuns: 3, endOnFailure: true },
    )
    expect(attached).toBeGreaterThan(0)
  })
})

describe('while its calls come in, of a service with twelve endpoints', () => {
  const live = { ...PLAINLY, batch: 400, chunk: 5 }
  const run = (troubles: readonly Trouble[]) => detect([linesOf({ seed: 7, endpoints: 12, rate: 40, troubles })], live)

  test('that fails one alert is told, before its endpoints could be', async () => {
    const outcome = await run([{ endpoints: 'all', from: 45, minutes: 6 }])
    checkTold(outcome)
    const told = outcome.records.filter(({ telling }) => telling?.event === 'opened').map(({ alert }) => alert)
    expect(told.map(({ entity, settled }) => [entity.kind, entity.service, settled])).toEqual([
      ['service', 'shop', false],
    ])
    const alerts = ofErrors(outcome.settled)
    const [service] = alerts.filter(({ entity }) => entity.kind === 'service')
    const endpoints = alerts.filter(({ entity }) => entity.kind === 'endpoint')
    expect(endpoints.length).toBeGreaterThan(8)
    expect(new Set(endpoints.map(({ parent }) => parent))).toEqual(new Set([service?.id]))
    expect(service?.reason).toContain('behind it 12 of 12 endpoints, most at GET /part-0 (')
  })

  test('of which one fails that one is told, and nothing of the service', async () => {
    const outcome = await run([{ endpoints: 'one', from: 45, minutes: 6 }])
    checkTold(outcome)
    expect(outcome.records.filter(({ alert }) => alert.entity.kind === 'service')).toEqual([])
    expect(ofErrors(outcome.settled).map(({ entity, parent }) => [entity.route, parent])).toEqual([['/part-1', null]])
    // Its accumulator crossed again and again while the endpoint failed: that is one anomaly, and no fault of the budget.
    expect(outcome.budget.twins.reduce((sum, { crossed }) => sum + crossed, 0)).toBeLessThan(10)
  })

  test('of which one fails, and then all, the first is told by itself and the rest with the service', async () => {
    const outcome = await run([
      { endpoints: 'one', from: 40, minutes: 14 },
      { endpoints: 'all', from: 48, minutes: 6 },
    ])
    checkTold(outcome)
    const alerts = ofErrors(outcome.settled)
    const alone = alerts.filter(({ parent }) => parent === null)
    expect(alone.map(({ entity }) => entity.route ?? entity.kind).sort()).toEqual(['/part-1', 'service'])
    expect(alerts.length).toBeGreaterThan(8)
  })
})
