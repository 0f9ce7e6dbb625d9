import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detect, PLAINLY, TICK_MS } from './run.ts'
import { checkTold, hows, runAs, worlds } from './same.ts'
import { inOrder, linesOfWorld, MINUTE, stretch, WORLD_START } from './world.ts'

describe('the same log gives the same alerts', () => {
  test('for any batches, sources, order within lateness, partitions and crashes', async () => {
    let alerts = 0
    let crossings = 0
    await fc.assert(
      fc.asyncProperty(worlds, fc.array(hows, { minLength: 1, maxLength: 3 }), async (world, runs) => {
        const lines = linesOfWorld(world)
        const plain = await detect([lines])
        checkTold(plain)
        alerts += plain.settled.length
        crossings += plain.budget.twins.reduce((sum, { crossed }) => sum + crossed, 0)
        for (const how of runs) {
          const other = await runAs(lines, how)
          expect(other.settled).toEqual(plain.settled)
          expect(other.budget).toEqual(plain.budget)
          checkTold(other)
        }
      }),
      { numRuns: 8, endOnFailure: true },
    )
    expect(alerts).toBeGreaterThan(3)
    expect(crossings).toBeGreaterThan(3)
  })
})

test('lanes that are dropped after one step in three tell nothing twice', async () => {
  const T = WORLD_START + 50 * MINUTE
  const lines = [
    ...stretch(WORLD_START, T, 4000, {}),
    ...stretch(T, T + 7 * MINUTE, 4000, { status: 503 }),
    ...stretch(T + 7 * MINUTE, T + 45 * MINUTE, 4000, {}),
  ]
  const small = { ...PLAINLY, batch: 500, chunk: 4 }
  let step = 0
  const plain = await detect([lines], small)
  const dropped = await detect([lines], {
    ...small,
    schedule: { next: () => 0, take: (most) => most, drop: () => ++step % 3 === 0 },
  })
  const eventsOf = ({ records }: typeof plain) =>
    records.map(({ alert, telling }) => [alert.id, alert.version, telling])
  expect(eventsOf(dropped)).toEqual(eventsOf(plain))
  expect(plain.settled.map(({ detector, status }) => [detector, status])).toEqual([['error-burst', 'resolved']])
  checkTold(dropped)
})

describe('an input that ends', () => {
  test.for([1, 2, 3, 5, 8])(
    'with a spike 90 s before its end resolves it in any of %i partitions',
    async (partitions) => {
      // Of 5 and of 8 partitions, service c and identity n share none with service a.
      const T = WORLD_START + 50 * MINUTE
      const lines = inOrder([
        ...stretch(WORLD_START, T, 2000, {}),
        ...stretch(T, T + 2 * MINUTE, 20, {}),
        ...stretch(WORLD_START, T + 2 * MINUTE + 100_000, 2000, { service: 'c', identity: 'n' }),
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

  test('is told when its tick closes where calls are read long after they were made', async () => {
    const T = WORLD_START + 90 * MINUTE
    const lines = [...stretch(WORLD_START, T, 2000, {}), ...stretch(T, T + 2 * MINUTE, 50, {})]
    const how = { ...PLAINLY, batch: 5000, chunk: 3 }
    const [inTime, late] = [
      await detect([lines], { ...how, now: T }),
      await detect([lines], { ...how, now: T + 30 * MINUTE }),
    ]
    expect(inTime.records.some(({ alert }) => !alert.settled)).toBe(true)
    expect(late.records.some(({ alert }) => !alert.settled)).toBe(false)
    expect(late.settled).toEqual(inTime.settled)
    checkTold(late)
  })

  test('does not keep its shard busy for years', async () => {
    const T = WORLD_START + 50 * MINUTE
    const year = 365 * 86_400_000
    const { settled, held } = await detect([
      [
        ...stretch(WORLD_START, T, 2000, {}),
        ...stretch(T, T + MINUTE, 100, { status: 503 }),
        // Somebody is heard for as long as it takes.
        ...stretch(T + MINUTE, T + 40 * MINUTE, 10_000, { service: 'c', path: '/c', identity: 'n' }),
        ...stretch(T + year, T + year + 1, 1, {}),
      ],
    ])
    const burst = settled.find(({ detector }) => detector === 'error-burst')
    expect(burst?.status).toBe('resolved')
    expect(Date.parse(burst?.resolved_at ?? '') - Date.parse(burst?.last_seen_at ?? '')).toBe(30 * MINUTE)
    expect(held.at(-1)?.closedBefore).toBe((Math.floor((T + year) / TICK_MS) + 1) * TICK_MS)
  })
})
