import { describe, expect, test } from 'vitest'
import type { AlertRecord } from '#src/alert/alert.ts'
import type { Lane, Transform } from '#src/stream/stream.ts'
import { collecting, detect, judging, LIMITS, settledOf, silencesOf } from './run.ts'
import { runAs } from './same.ts'
import { inOrder, MINUTE, stretch, WORLD_START } from './world.ts'

const HOUR = 60 * MINUTE
const T = WORLD_START + 6 * HOUR
const OTHER = { service: 'c', identity: 'n' }
const EVERY = 3000

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
