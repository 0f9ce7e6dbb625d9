import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import native from '#schemas/native/format.ts'
import type { AlertRecord } from '#src/alert/alert.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import { shake } from '#src/command/replay/shake.ts'
import { randomFor } from '#src/demo/random.ts'
import { shakenSchedule } from '#src/stream/memory.ts'
import { detect, failingProbe, type How, LATENESS_MS, LIMITS, type Outcome, PLAINLY, TICK_MS } from './run.ts'
import { linesOfWorld, MINUTE, type Phase, WORLD_START } from './world.ts'

const kinds = fc.constantFrom<Phase['kind']>('calm', 'errors', 'spike', 'reader', 'export', 'names')
const gap = fc
  .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 4 * 1440 }))
  .map((minutes): Phase => ({ kind: 'gap', minutes }))
const busy = fc.record({ kind: kinds, minutes: fc.integer({ min: 1, max: 6 }) })
const calm = fc.integer({ min: 5, max: 25 }).map((minutes): Phase => ({ kind: 'calm', minutes }))
const worlds = fc.record({
  seed: fc.integer(),
  rate: fc.integer({ min: 2, max: 6 }),
  phases: fc
    .tuple(fc.integer({ min: 30, max: 45 }), fc.array(fc.oneof(gap, busy, busy, calm), { minLength: 1, maxLength: 6 }))
    .map(([minutes, more]): Phase[] => [{ kind: 'calm', minutes }, ...more]),
})
const hows = fc.record({
  shuffle: fc.option(fc.nat(1_000_000), { nil: null }),
  crash: fc.option(fc.nat(1_000_000), { nil: null }),
  schedule: fc.nat(1_000_000),
  partitions: fc.integer({ min: 1, max: 8 }),
  batch: fc.constantFrom(8, 60, 400, 5000),
  chunk: fc.constantFrom(50, 400, 1_000_000),
})

function spread(lines: readonly Uint8Array[], seed: number | null): readonly (readonly Uint8Array[])[] {
  if (seed === null) return [lines]
  return shake(lines, seed, {
    format: native,
    tickMs: TICK_MS,
    latenessMs: LATENESS_MS,
    requestIdsPerTick: LIMITS.requestIds,
    recordBytes: 10_000,
    bounds: TIME_BOUNDS,
    runStart: WORLD_START + 400 * 86_400_000,
  })
}

/** What a receiver knows who folds the notices of each alert. */
function fold(records: readonly AlertRecord[]): Map<string, string[]> {
  const events = new Map<string, string[]>()
  for (const { alert, telling } of records) {
    if (telling === null) continue
    const own = events.get(alert.id) ?? []
    events.set(alert.id, own)
    own.push(telling.event)
    expect(telling.notice, 'notices count from 1 without a gap').toBe(own.length)
  }
  return events
}

function checkTold({ records, settled, held }: Outcome): void {
  expect(held.find(({ lateAfterIdle, malformed }) => lateAfterIdle + malformed > 0)).toBeUndefined()
  const events = fold(records)
  for (const [id, own] of events) {
    expect(own[0], id).toBe('opened')
    expect(
      own.filter((event) => event === 'opened'),
      id,
    ).toHaveLength(1)
  }
  for (const alert of settled) {
    const last = events.get(alert.id)?.at(-1)
    if (alert.status === 'resolved') expect(last, alert.id).toBe('resolved')
    else expect(['opened', 'updated', 'reopened'], alert.id).toContain(last)
  }
  const known = new Set(settled.map(({ id }) => id))
  for (const [id, own] of events) if (!known.has(id)) expect(own.at(-1), id).toBe('withdrawn')
}

describe('the same log gives the same alerts', () => {
  test('for any batches, sources, order within lateness, partitions and crashes', async () => {
    let alerts = 0
    await fc.assert(
      fc.asyncProperty(worlds, fc.array(hows, { minLength: 1, maxLength: 3 }), async (world, runs) => {
        const lines = linesOfWorld(world)
        const plain = await detect([lines])
        checkTold(plain)
        alerts += plain.settled.length
        for (const { shuffle, crash, schedule, ...how } of runs) {
          const given: How = {
            ...how,
            schedule: shakenSchedule(schedule),
            ...(crash === null ? {} : { probe: failingProbe(randomFor(crash), how.batch < 10 ? 100 : 20) }),
          }
          const other = await detect(spread(lines, shuffle), given)
          expect(other.settled).toEqual(plain.settled)
          checkTold(other)
        }
      }),
      { numRuns: 10, endOnFailure: true },
    )
    expect(alerts).toBeGreaterThan(3)
  })
})

/** A world made by hand: calls of one endpoint and identity, `every` so many ms. */
function stretch(from: number, to: number, every: number, fields: Readonly<Record<string, unknown>>): Uint8Array[] {
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

function inOrder(lines: readonly Uint8Array[]): Uint8Array[] {
  const tsOf = (line: Uint8Array): number => JSON.parse(Buffer.from(line).toString()).ts
  return [...lines].sort((a, b) => tsOf(a) - tsOf(b))
}

describe('an input that ends', () => {
  test.for([1, 2, 3, 5, 8])(
    'with a spike 90 s before its end resolves it in any of %i partitions',
    async (partitions) => {
      const T = WORLD_START + 50 * MINUTE
      const lines = inOrder([
        ...stretch(WORLD_START, T, 2000, {}),
        ...stretch(T, T + 2 * MINUTE, 20, {}),
        ...stretch(WORLD_START, T + 2 * MINUTE + 100_000, 2000, { service: 'b', identity: 'j' }),
      ])
      const { settled } = await detect([lines], { ...PLAINLY, partitions })
      const spikes = settled.filter(({ detector, entity }) => detector === 'get-spike' && entity.kind === 'endpoint')
      expect(spikes.map(({ status, entity }) => [status, entity.service])).toEqual([['resolved', 'a']])
    },
  )

  test('leaves open what goes on at its end, and everything told', async () => {
    const T = WORLD_START + 50 * MINUTE
    const outcome = await detect([
      [...stretch(WORLD_START, T, 2000, {}), ...stretch(T, T + MINUTE, 1000, { status: 503 })],
    ])
    expect(outcome.settled.map(({ detector, status }) => [detector, status])).toEqual([['error-burst', 'open']])
    checkTold(outcome)
  })

  test('without any call finds nothing', async () => {
    expect((await detect([[], [Buffer.from('{')]])).records).toEqual([])
  })
})

describe('an episode', () => {
  test('starts where it starts, not where the endpoint was last seen', async () => {
    const T = WORLD_START + 10 * 60 * MINUTE
    const { settled } = await detect([
      [...stretch(WORLD_START, WORLD_START + 40 * MINUTE, 5000, {}), ...stretch(T, T + MINUTE, 500, { status: 503 })],
    ])
    const [alert] = settled.filter(({ detector }) => detector === 'error-burst')
    expect(Date.parse(alert?.opened_at ?? '')).toBe(Math.floor(T / TICK_MS) * TICK_MS)
    expect(alert?.query).toContain(`ts < parseDateTime64BestEffort('${alert?.last_seen_at}'`)
    expect(alert?.window_seconds).toBeLessThanOrEqual(70)
  })

  test('is judged early as it is judged when nothing more arrives', async () => {
    const T = WORLD_START + 90 * MINUTE
    const lines = [...stretch(WORLD_START, T, 2000, {}), ...stretch(T, T + 2 * MINUTE, 50, {})]
    const { records } = await detect([lines], { ...PLAINLY, batch: 5000, chunk: 3 })
    const spike = records.filter(({ alert }) => alert.detector === 'get-spike' && alert.entity.kind === 'endpoint')
    const [early] = spike
    const first = spike.find(({ alert }) => alert.settled)
    expect([early?.alert.settled, early?.telling?.event]).toEqual([false, 'opened'])
    expect(first?.telling).toBeNull()
    expect(first?.alert).toMatchObject({ id: early?.alert.id, detected_at: early?.alert.detected_at })
    expect(spike.filter(({ telling }) => telling?.event === 'withdrawn')).toEqual([])
  })

  test('does not keep its shard busy for years', async () => {
    const T = WORLD_START + 50 * MINUTE
    const year = 365 * 86_400_000
    const { settled, held } = await detect([
      [
        ...stretch(WORLD_START, T, 2000, {}),
        ...stretch(T, T + MINUTE, 100, { status: 503 }),
        ...stretch(T + year, T + year + 1, 1, {}),
      ],
    ])
    const burst = settled.find(({ detector }) => detector === 'error-burst')
    expect(burst?.status).toBe('resolved')
    expect(Date.parse(burst?.resolved_at ?? '') - Date.parse(burst?.last_seen_at ?? '')).toBe(30 * MINUTE)
    expect(held.at(-1)?.closedBefore).toBe((Math.floor((T + year) / TICK_MS) + 1) * TICK_MS)
  })
})
