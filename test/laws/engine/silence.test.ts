import { describe, expect, test } from 'vitest'
import { detect, PLAINLY, silencesOf, TICK_MS } from './run.ts'
import { checkTold, runAs } from './same.ts'
import { inOrder, MINUTE, stretch, WORLD_START } from './world.ts'

const HOUR = 60 * MINUTE
const T = WORLD_START + 6 * HOUR
const OTHER = { service: 'c', identity: 'n' }
const EVERY = 3000

/** An endpoint that is called every three seconds for six hours, is silent for so long, and is called again; another never rests. */
function world(silentMs: number, failing: { readonly status?: number } = {}): Uint8Array[] {
  return inOrder([
    ...stretch(WORLD_START, T - 5 * MINUTE, EVERY, {}),
    ...stretch(T - 5 * MINUTE, T, EVERY, failing),
    ...stretch(T + silentMs, T + silentMs + 20 * MINUTE, EVERY, {}),
    ...stretch(WORLD_START, T + silentMs + 20 * MINUTE, 20_000, OTHER),
  ])
}

describe('an alert of silence', () => {
  test('opens while nothing is heard, and resolves when calls are back', async () => {
    const { settled, records } = await detect([world(40 * MINUTE)])
    const [alert] = settled.filter(({ detector }) => detector === 'silence')
    expect(alert).toMatchObject({ status: 'resolved', observed: { calls: 0 }, entity: { service: 'a' } })
    expect(Date.parse(alert?.opened_at ?? '') - T).toBeLessThanOrEqual(TICK_MS)
    expect(Date.parse(alert?.detected_at ?? '') - T).toBeLessThanOrEqual(3 * MINUTE)
    expect(Date.parse(alert?.resolved_at ?? '') - T).toBeGreaterThan(40 * MINUTE)
    const first = records.find((record) => record.alert.id === alert?.id)
    expect(first?.alert.settled).toBe(true)
  })

  test('is the same for any batches, sources, order within lateness, partitions and crashes', async () => {
    const lines = world(25 * MINUTE)
    const plain = await detect([lines])
    expect(plain.settled.map(({ detector }) => detector)).toContain('silence')
    const hows = [1, 2, 3].map((seed) => ({
      shuffle: seed,
      crash: seed,
      schedule: seed,
      partitions: 1 + 2 * seed,
      batch: ([60, 400, 5000] as const)[seed - 1] ?? 60,
      chunk: 400 as const,
    }))
    for (const how of hows) {
      const other = await runAs(lines, how)
      expect(other.settled).toEqual(plain.settled)
      expect(other.budget).toEqual(plain.budget)
      checkTold(other)
    }
  })

  test('opens at the same tick when the lane is dropped at every other step', async () => {
    const lines = world(25 * MINUTE)
    const small = { ...PLAINLY, batch: 200, chunk: 25 }
    let step = 0
    const drop = (): boolean => ++step % 2 === 0
    const dropped = await detect([lines], { ...small, schedule: { next: () => 0, take: (most) => most, drop } })
    expect(dropped.settled).toEqual((await detect([lines])).settled)
  })
})

describe('other alerts of an endpoint that falls silent', () => {
  test('stay open for as long as nothing is heard', async () => {
    const { settled } = await detect([world(2 * HOUR, { status: 503 })])
    const burst = settled.find(({ detector }) => detector === 'error-burst')
    const quiet = settled.find(({ detector }) => detector === 'silence')
    expect(quiet?.status).toBe('resolved')
    expect(Date.parse(burst?.resolved_at ?? '') - T).toBeGreaterThan(2 * HOUR)
  })

  test('resolve after half an hour where silence says nothing', async () => {
    const lines = inOrder([
      ...stretch(T - 40 * MINUTE, T - 5 * MINUTE, EVERY, {}),
      ...stretch(T - 5 * MINUTE, T, EVERY, { status: 503 }),
      ...stretch(T - 40 * MINUTE, T + 2 * HOUR, 20_000, OTHER),
    ])
    const { settled } = await detect([lines])
    expect(settled.map(({ detector }) => detector)).toEqual(['error-burst'])
    expect(Date.parse(settled[0]?.resolved_at ?? '') - T).toBeLessThan(HOUR)
  })
})

test('an endpoint that never comes back does not keep its shard busy for years', async () => {
  const year = 365 * 86_400_000
  const { settled, held } = await detect([
    inOrder([
      ...stretch(WORLD_START, T, EVERY, {}),
      ...stretch(WORLD_START, T + 10 * MINUTE, EVERY, OTHER),
      ...stretch(T + year, T + year + 1, 1, OTHER),
    ]),
  ])
  const [alert] = settled.filter(({ detector }) => detector === 'silence')
  // After a day the silence is the new normal.
  expect(alert?.status).toBe('resolved')
  expect(Date.parse(alert?.resolved_at ?? '') - T).toBeLessThan(25 * HOUR)
  expect(held.at(-1)?.closedBefore).toBeGreaterThan(T + year)
})

describe('the end of a file', () => {
  /** Silent from T on, beside another one that is called for so long. */
  const cut = (seconds: number): Uint8Array[] =>
    inOrder([...stretch(T - 3 * HOUR, T, 4000, {}), ...stretch(T - 3 * HOUR, T + seconds * 1000, 10_000, OTHER)])

  test('is no silence: a replay tells of it what a live run has told when it has read as far', async () => {
    const told: number[] = []
    for (const seconds of [165, 175, 465, 475]) {
      const lines = cut(seconds)
      const live = await detect([lines], { ...PLAINLY, ends: false })
      const replay = await detect([lines])
      expect(silencesOf(replay), `${seconds} s`).toEqual(silencesOf(live))
      told.push(silencesOf(live)[0]?.version ?? 0)
    }
    expect([...new Set(told)], 'not told, told, and told again after five minutes').toEqual([0, 1, 2])
  })

  test('is the same for any sources, order within lateness, partitions and crashes', async () => {
    const lines = cut(175)
    const plain = await detect([lines])
    expect(silencesOf(plain)).toHaveLength(1)
    for (const seed of [4, 5]) {
      const how = { shuffle: seed, crash: seed, schedule: seed, partitions: seed, batch: 400 as const }
      expect((await runAs(lines, { ...how, chunk: 1_000_000 })).settled).toEqual(plain.settled)
    }
  })
})
