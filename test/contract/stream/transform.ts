import { expect, test } from 'vitest'
import type { Opening, StreamRecord } from '#src/stream/stream.ts'
import { bytes, counted, counter, lines, numbered, type Stand, stageOf, text, trace } from './stand.ts'

const hour = 3_600_000

/** Transforms while nothing fails: steps, partitions, restore, idle. */
export function transforming(stand: () => Stand): void {
  test('a transform reads, writes, and goes on where it was', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    await stream.append('calls', lines(['a', 'b']))
    const running = await stream.transform(counter())
    expect(await stand().read(tap, 2)).toEqual(['a#1', 'b#2'])
    await stream.append('calls', lines(['c']))
    await stand().read(tap, 3)
    await running.stop()
    await running.stop()
    await stream.append('calls', lines(['d']))
    const seen = trace()
    await stream.transform(counter(seen))
    expect(await stand().read(tap, 4)).toEqual(['a#1', 'b#2', 'c#3', 'd#4'])
    expect(tap.records.map((record) => record.key)).toEqual(['1', '2', '3', '4'])
    const [opening] = seen.openings
    expect(opening).toMatchObject({ note: '3', partition: 0, partitions: 1 })
    expect(text(opening!.state.get('count')!)).toBe('3')
    expect(opening!.resume).not.toBeNull()
  })

  test('the first opening has no position, no note and no state', async () => {
    const stream = await stand().open()
    const seen = trace()
    await stream.transform(counter(seen))
    await stand().until('an opening', () => seen.openings.length === 1)
    expect(seen.openings[0]).toMatchObject({ resume: null, note: '' })
    expect(seen.openings[0]!.state.size).toBe(0)
  })

  test('a step with nothing to commit: reading goes on, and the next owner reads it again', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    const read: string[][] = [[], []]
    let life = -1
    // Commits once it has read 'c'.
    const patient = () =>
      stageOf(() => {
        life += 1
        const mine = read[life]!
        return {
          step(records) {
            mine.push(...records.map((record) => text(record.value)))
            if (!mine.includes('c')) return null
            const appends = [{ topic: 'tallies' as const, partition: 0, key: null, value: bytes(mine.join('')) }]
            return { appends, state: [], resume: records.at(-1)!.position + 1, note: '' }
          },
          idle: () => null,
        }
      })
    await stream.append('calls', lines(['a']))
    const running = await stream.transform(patient())
    await stand().until('the first record', () => read[0]!.length === 1)
    await stream.append('calls', lines(['b']))
    await stand().until('the second record', () => read[0]!.length === 2)
    await running.stop()
    await stream.append('calls', lines(['c']))
    await stream.transform(patient())
    expect(await stand().read(tap, 1)).toEqual(['abc'])
    expect(read).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ])
  })

  test('a step takes at most batch.records', async () => {
    const stream = await stand().open()
    await stream.append('calls', lines(numbered(25)))
    const seen = trace()
    const tap = await stand().tap(stream, 'tallies')
    await stream.transform(counter(seen, { batch: { records: 10, waitMs: 5 } }))
    expect(await stand().read(tap, 25)).toEqual(counted(numbered(25)))
    expect(seen.steps[0]).toHaveLength(10)
    expect(seen.steps.map((step) => step.length).reduce((sum, one) => sum + one)).toBe(25)
    for (const step of seen.steps) expect(step.length).toBeLessThanOrEqual(10)
  })

  test('a step waits for batch.records, or for waitMs', async () => {
    const stream = await stand().open()
    const seen = trace()
    const tap = await stand().tap(stream, 'tallies')
    const running = await stream.transform(counter(seen, { batch: { records: 3, waitMs: hour } }))
    await stand().until('an opening', () => seen.openings.length === 1)
    await stream.append('calls', lines(['a', 'b']))
    await stream.append('calls', lines(['c']))
    await stand().read(tap, 3)
    expect(seen.steps).toEqual([['a', 'b', 'c']])
    await running.stop()
    await stream.append('calls', lines(['d']))
    await stream.transform(counter(seen, { batch: { records: 3, waitMs: 5 } }))
    expect((await stand().read(tap, 4)).at(-1)).toBe('d#4')
  })

  test('every partition has a lane of its own, in order, with its own state', async () => {
    const stream = await stand().open({ partitions: 3 })
    for (const partition of [0, 1, 2]) await stream.append('calls', lines(numbered(20, `p${partition}.`), partition))
    const seen = trace()
    const tap = await stand().tap(stream, 'tallies')
    await stream.transform(counter(seen, { batch: { records: 7, waitMs: 5 } }))
    await stand().read(tap, 60)
    for (const partition of [0, 1, 2]) {
      const of = tap.texts().filter((value) => value.startsWith(`p${partition}.`))
      expect(of).toEqual(counted(numbered(20, `p${partition}.`)))
    }
    expect(seen.openings.map(({ partition }) => partition).sort()).toEqual([0, 1, 2])
    expect(seen.openings.map(({ partitions }) => partitions)).toEqual([3, 3, 3])
    expect(seen.openings.map((opening) => opening.partitionsOf('tallies'))).toEqual([3, 3, 3])
    expect(new Set(seen.openings.map(({ source }) => source)).size).toBe(3)
  })

  test('opening twice changes nothing', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    await stream.append('calls', lines(['a', 'b']))
    const first = await stream.transform(counter())
    await stand().read(tap, 2)
    await first.stop()
    const seen = trace()
    for (const times of [1, 2]) {
      const running = await stream.transform(counter(seen))
      await stand().until('an opening', () => seen.openings.length === times)
      await running.stop()
    }
    const second = await stand().reopen()
    await second.transform(counter(seen))
    await stand().until('an opening', () => seen.openings.length === 3)
    const found = seen.openings.map(({ source, resume, note, state }) => ({
      source,
      resume,
      note,
      state: new Map(state),
    }))
    expect(found[1]).toEqual(found[0])
    expect(found[2]).toEqual(found[0])
    await second.append('calls', lines(['c']))
    const again = await stand().tap(second, 'tallies', 'tap.again')
    expect(await stand().read(again, 3)).toEqual(['a#1', 'b#2', 'c#3'])
  })

  test('restore gives each key once, deleted keys not at all', async () => {
    const stream = await stand().open()
    const openings: Opening[] = []
    let steps = 0
    const writes: Record<string, [string, string | null][]> = {
      one: [
        ['a', '1'],
        ['b', '1'],
        ['c', '1'],
        ['empty', ''],
      ],
      two: [
        ['a', '2'],
        ['b', null],
        ['never', null],
      ],
      three: [
        ['b', '3'],
        ['c', null],
        ['a', '3'],
        ['a', '4'],
      ],
    }
    const stage = stageOf(
      (opening) => {
        openings.push(opening)
        const step = ([record]: readonly StreamRecord[]) => {
          steps += 1
          const note = text(record!.value)
          const state = writes[note]!.map(([key, value]) => ({ key, value: value === null ? null : bytes(value) }))
          return { appends: [], state, resume: record!.position + 1, note }
        }
        return { step, idle: () => null }
      },
      { batch: { records: 1, waitMs: 5 } },
    )
    const expected: [string, Record<string, string>][] = [
      ['one', { a: '1', b: '1', c: '1', empty: '' }],
      ['two', { a: '2', c: '1', empty: '' }],
      ['three', { a: '4', b: '3', empty: '' }],
    ]
    for (const [index, [value, state]] of expected.entries()) {
      await stream.append('calls', lines([value]))
      const running = await stream.transform(stage)
      await stand().until('the step', () => steps === index + 1)
      await running.stop()
      const look = await stream.transform(stage)
      await stand().until('an opening', () => openings.length === index * 2 + 2)
      const opening = openings.at(-1)!
      expect(opening.note).toBe(value)
      const found = [...opening.state].map(([key, of]) => [key, text(of)])
      expect(Object.fromEntries(found)).toEqual(state)
      await look.stop()
    }
  })

  test('the resume position may be older than what was read, and may go back', async () => {
    const stream = await stand().open()
    await stream.append('calls', lines(numbered(6)))
    const seen: string[][] = []
    const positions = new Map<string, number>()
    let resumeAt = 'r1'
    const stage = stageOf(() => {
      const own: string[] = []
      seen.push(own)
      const step = (records: readonly StreamRecord[]) => {
        for (const record of records) positions.set(text(record.value), record.position)
        own.push(...records.map((record) => text(record.value)))
        return { appends: [], state: [], resume: positions.get(resumeAt)!, note: '' }
      }
      return { step, idle: () => null }
    })
    for (const [index, resume] of ['r1', 'r5', 'r3', 'r6', 'r2', 'r1'].entries()) {
      resumeAt = resume
      const running = await stream.transform(stage)
      await stand().until('the last record', () => seen[index]?.at(-1) === 'r6')
      await running.stop()
    }
    const from = (first: number) => numbered(6).slice(first - 1)
    expect(seen).toEqual([from(1), from(1), from(5), from(3), from(6), from(2)])
  })
}
