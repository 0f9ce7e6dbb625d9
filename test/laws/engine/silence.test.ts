import { describe, expect, test } from 'vitest'
import type { AlertRecord } from '#src/alert/alert.ts'
import type { Lane, Transform } from '#src/stream/stream.ts'
import { collecting, detect, judging, LIMITS, type Outcome, PLAINLY, settledOf, TICK_MS } from './run.ts'
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

const silencesOf = ({ settled }: Pick<Outcome, 'settled'>) => settled.filter(({ detector }) => detector === 'silence')

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

describe('a stream that stands still', () => {
  /** Calls every three seconds, appended so long after their time; then nothing at all, said to be idle every ten seconds for half an hour. */
  function idling(behindMs: number): { records: AlertRecord[]; goOn: (from: number, to: number) => void } {
    const collected = open(collecting(LIMITS, 1000))
    const judged = open(judging(LIMITS, 1000))
    const records: AlertRecord[] = []
    let [position, tallied] = [0, 0]
    const hear = (step: ReturnType<Lane['step']>): void => {
      const blocks = (step?.appends ?? []).filter(({ topic }) => topic === 'tallies')
      for (const { value } of blocks) {
        const record = { source: 'tallies/0', position: tallied++, appendedAt: 0, key: null, value, headers: null }
        for (const { topic, value } of judged.step([record])?.appends ?? [])
          if (topic === 'alerts') records.push(JSON.parse(Buffer.from(value).toString()))
      }
    }
    const goOn = (from: number, to: number): void => {
      for (let at = from; at < to; at += 10_000) {
        const lines = stretch(at, Math.min(to, at + 10_000), EVERY, {})
        const record = (value: Uint8Array, i: number) => {
          const appendedAt = at + i * EVERY + behindMs
          return { source: 'calls/0', position: position++, appendedAt, key: null, value, headers: null }
        }
        hear(collected.step(lines.map(record)))
      }
    }
    goOn(WORLD_START, T)
    for (let at = T + 10_000; at < T + 30 * MINUTE; at += 10_000) hear(collected.idle(at + behindMs))
    return { records, goOn }
  }
  const open = (transform: Transform): Lane => {
    const alone = { source: 'calls/0', partition: 0, partitions: 1, partitionsOf: () => 1, resume: null, note: '' }
    return transform.open({ ...alone, state: new Map() })
  }
  const openedAt = (records: readonly AlertRecord[]): number[] =>
    silencesOf({ settled: settledOf(records) }).map(({ detected_at }) =>
      Math.round((Date.parse(detected_at) - T) / MINUTE),
    )

  test('says nothing of any endpoint: nothing is heard of anybody', () => {
    expect(openedAt(idling(5000).records)).toEqual([])
  })

  test('says nothing either where its calls were old when they were appended, nor when it goes on', () => {
    const { records, goOn } = idling(2 * HOUR)
    expect(records).toEqual([])
    goOn(T + 20 * MINUTE, T + 40 * MINUTE)
    expect(records).toEqual([])
  })
})

describe('a time in which nothing is heard of anybody', () => {
  const fleet = Array.from({ length: 3 }, (_, i) => ({ service: `s${i}`, identity: `i${i}` }))
  /** All have been known for a day, are silent from T on for so long, and come back one after the other. */
  const outage = (silentMs: number, apartMs: number): Uint8Array[] =>
    inOrder(
      fleet.flatMap((fields, i) => [
        ...stretch(T - 30 * HOUR, T, 5 * EVERY, fields),
        ...stretch(T + silentMs + i * apartMs, T + silentMs + 30 * MINUTE, 5 * EVERY, fields),
      ]),
    )
  /** One falls silent; two minutes before it would be told nothing is heard of the other either, for so long. */
  const both = (silentMs: number): Uint8Array[] =>
    inOrder([
      ...stretch(T - 3 * HOUR, T, EVERY, {}),
      ...stretch(T + 40 * MINUTE, T + 50 * MINUTE, EVERY, {}),
      ...stretch(T - 3 * HOUR, T + 20_000, EVERY, OTHER),
      ...stretch(T + 20_000 + silentMs, T + 50 * MINUTE, EVERY, OTHER),
    ])

  test.each([
    ['forty seconds', 40_000, 0],
    ['an hour, after which they come back one by one', HOUR, 10 * MINUTE],
    ['three days, after which they come back one by one', 72 * HOUR, 10 * MINUTE],
  ])('is no silence of theirs: %s', async (_, silentMs, apartMs) => {
    expect(silencesOf(await detect([outage(silentMs, apartMs)]))).toEqual([])
  })

  test('is no evidence, and takes none away', async () => {
    const [without, half] = [silencesOf(await detect([both(0)])), silencesOf(await detect([both(30_000)]))]
    const detected = [...without, ...half].map(({ detected_at }) => (Date.parse(detected_at) - T) / 1000)
    expect(detected).toEqual([80, 110])
    expect(silencesOf(await detect([both(5 * MINUTE)]))).toEqual([])
  })

  test('is the same for any batches, sources, order within lateness, partitions and crashes', async () => {
    for (const lines of [both(30_000), both(5 * MINUTE)]) {
      const plain = await detect([lines])
      for (const seed of [1, 2]) {
        const how = {
          shuffle: seed,
          crash: seed,
          schedule: seed,
          partitions: 3 * seed,
          batch: 400 as const,
          chunk: 400 as const,
        }
        const other = await runAs(lines, how)
        expect(other.settled).toEqual(plain.settled)
        expect(other.budget).toEqual(plain.budget)
      }
    }
  })

  test('resolves no alert for want of calls, unless it lasts for more than a day', async () => {
    const world = (silentMs: number) =>
      inOrder([
        ...stretch(T - 3 * HOUR, T - 2 * MINUTE, EVERY, {}),
        ...stretch(T - 2 * MINUTE, T, EVERY, { status: 503 }),
        ...stretch(T + silentMs, T + silentMs + 20 * MINUTE, EVERY, {}),
      ])
    const endOf = async (silentMs: number): Promise<number> => {
      const { settled } = await detect([world(silentMs)])
      const [burst] = settled.filter(({ detector, entity }) => detector === 'error-burst' && entity.kind === 'endpoint')
      return (Date.parse(burst?.resolved_at ?? '') - T) / HOUR
    }
    expect(await endOf(3 * HOUR)).toBeGreaterThan(3)
    expect(await endOf(72 * HOUR)).toBeLessThan(25)
  })
})

describe('a service whose endpoints fall silent', () => {
  const half = 30 * MINUTE
  const path = (i: number): string => `/e${i}`

  /** The first has as many calls as the twelve others together; each is silent from T on for so long. Somebody else never rests. */
  const shop = (silentMs: (i: number) => number): Uint8Array[] =>
    inOrder([
      ...Array.from({ length: 13 }, (_, i) => {
        const [every, fields] = [i === 0 ? 2000 : 15_000 + 1700 * (i % 5), { service: 'shop', path: path(i) }]
        const back = stretch(T + silentMs(i), T + half + 10 * MINUTE, every, fields)
        return [...stretch(T - 3 * HOUR, T, every, fields), ...back]
      }).flat(),
      ...stretch(T - 3 * HOUR, T + half + 10 * MINUTE, EVERY, OTHER),
    ])

  /** Who is told of, as opened, in that order. */
  const openedIn = ({ records }: Outcome): (string | null)[] =>
    records
      .filter(({ alert, telling }) => alert.detector === 'silence' && telling?.event === 'opened')
      .map(({ alert: { entity } }) => entity.route ?? entity.service)

  test('is one alert, and those of its endpoints belong to it', async () => {
    const outcome = await detect([shop(() => half)])
    expect(openedIn(outcome)).toEqual(['shop'])
    const [alert, ...more] = silencesOf(outcome).filter(({ parent }) => parent === null)
    expect(more).toEqual([])
    expect(alert).toMatchObject({ status: 'resolved', severity: 'high', observed: { calls: 0 } })
    expect(alert?.reason).toContain('nothing is heard of any endpoint of shop')
    expect(alert?.reason).toContain('behind it 13 of 13 endpoints, most at GET /e0 (')
    expect(Date.parse(alert?.detected_at ?? '') - T).toBeLessThanOrEqual(MINUTE)
    const others = silencesOf(outcome).filter(({ parent }) => parent !== null)
    expect(others.length).toBeGreaterThan(3)
    expect(others.every(({ parent, status }) => parent === alert?.id && status === 'resolved')).toBe(true)
  })

  test('is still one where a few calls are left', async () => {
    expect(openedIn(await detect([shop((i) => (i === 3 ? 0 : half))]))).toEqual(['shop'])
  })

  test('is told of one of them where it alone is silent, however many of the calls it had', async () => {
    expect(openedIn(await detect([shop((i) => (i === 0 ? half : 0))]))).toEqual(['/e0'])
  })

  test('is told of the one that stays silent when the others are back', async () => {
    const lines = inOrder([
      ...[0, 1, 2].flatMap((i) => [
        ...stretch(T - 30 * HOUR, T, 20_000, { service: 'shop', path: path(i) }),
        ...stretch(T + (i === 1 ? 3 : 1) * half, T + 3 * half, 20_000, { service: 'shop', path: path(i) }),
      ]),
      ...stretch(T - 30 * HOUR, T + 3 * half, 20_000, OTHER),
    ])
    expect(openedIn(await detect([lines]))).toEqual(['shop', '/e1'])
  })

  test('is the same for any batches, sources, order within lateness, partitions and crashes', async () => {
    const lines = shop((i) => (i === 3 ? 2 * half : half))
    const plain = await detect([lines])
    for (const seed of [1, 2]) {
      const how = {
        shuffle: seed,
        crash: seed,
        schedule: seed,
        partitions: 3 * seed,
        batch: 5000,
        chunk: 1_000_000,
      } as const
      const other = await runAs(lines, how)
      expect(other.settled).toEqual(plain.settled)
      expect(other.budget).toEqual(plain.budget)
      checkTold(other)
    }
  })
})
