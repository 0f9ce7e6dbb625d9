import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { DrainOpening, StreamRecord } from '#src/stream/stream.ts'
import { drainOf, lines, numbered, type Stand, text } from './stand.ts'

/** Drains: batches, back-pressure, commits, failures. */
export function draining(stand: () => Stand): void {
  test('a drain gets every record in order, at most batch.records at once', async () => {
    const stream = await stand().open()
    const sizes: number[] = []
    const seen: string[] = []
    await stream.append('calls', lines(numbered(35)))
    await stream.drain(
      drainOf('archive', ['calls'], () => async (records) => {
        sizes.push(records.length)
        seen.push(...records.map((record) => text(record.value)))
      }),
    )
    await stand().until('35 records', () => seen.length >= 35)
    expect(seen).toEqual(numbered(35))
    expect(Math.max(...sizes)).toBe(10)
  })

  test('a drain of several topics has a lane for each', async () => {
    const stream = await stand().open({ partitions: 2 })
    const seen: string[] = []
    await stream.append('calls', lines(['a'], 1))
    await stream.append('alerts', lines(['b'], 0))
    await stream.drain(
      drainOf('archive', ['calls', 'alerts'], ({ topic, partition }) => async (records) => {
        seen.push(...records.map((record) => `${topic} ${partition} ${text(record.value)}`))
      }),
    )
    await stand().until('both', () => seen.length >= 2)
    expect(seen.sort()).toEqual(['alerts 0 b', 'calls 1 a'])
  })

  test('a take that does not resolve stops the reading of its lane, and of no other', async () => {
    const stream = await stand().open({ partitions: 2 })
    const gate = Promise.withResolvers<void>()
    const seen: string[][] = [[], []]
    for (const partition of [0, 1]) await stream.append('calls', lines(numbered(30), partition))
    await stream.drain(
      drainOf('archive', ['calls'], ({ partition }) => async (records) => {
        seen[partition]!.push(...records.map((record) => text(record.value)))
        if (partition === 0) await gate.promise
      }),
    )
    await stand().until('the other lane', () => seen[1]!.length >= 30)
    await stream.append('calls', lines(['more'], 1))
    await stand().until('the other lane', () => seen[1]!.length >= 31)
    expect(seen[0]!.length).toBeLessThanOrEqual(10)
    gate.resolve()
    await stand().until('the held lane', () => seen[0]!.length >= 30)
    expect(seen[0]).toEqual(numbered(30))
  })

  test('a drain starts again from what it committed, with the note', async () => {
    const stream = await stand().open()
    const openings: DrainOpening[] = []
    const seen: string[] = []
    const drain = drainOf('archive', ['calls'], (opening) => {
      openings.push(opening)
      return async (records: readonly StreamRecord[]) => {
        seen.push(...records.map((record) => text(record.value)))
        const third = records.find((record) => text(record.value) === 'r3')
        if (third) await opening.commit(third.position, 'intent: r3 to r7')
      }
    })
    await stream.append('calls', lines(numbered(7)))
    const running = await stream.drain(drain)
    await stand().until('all', () => seen.length >= 7)
    await running.stop()
    await running.stop()
    const second = await stand().reopen()
    await second.drain(drain)
    await stand().until('again', () => seen.length >= 12)
    expect(seen).toEqual([...numbered(7), ...numbered(7).slice(2)])
    expect(openings[0]).toMatchObject({ resume: null, note: '' })
    expect(openings[1]).toMatchObject({ note: 'intent: r3 to r7', source: openings[0]!.source })
  })

  test('a take that rejects drops the lane, closes it once, and opens it at the last commit', async () => {
    const stream = await stand().open()
    const seen: string[] = []
    let fuse = 1
    let closed = 0
    const closedAtOpening: number[] = []
    await stream.append('calls', lines(numbered(4)))
    await stream.drain({
      ...drainOf(
        'archive',
        ['calls'],
        (opening) => {
          closedAtOpening.push(closed)
          return async (records) => {
            for (const record of records) {
              seen.push(text(record.value))
              if (seen.length === 3 && fuse-- > 0) throw new Error('the receiver is down')
              await opening.commit(record.position + 1, '')
            }
          }
        },
        async () => {
          await pause(100)
          closed += 1
        },
      ),
    })
    await stand().until('all', () => seen.at(-1) === 'r4')
    expect(seen).toEqual(['r1', 'r2', 'r3', 'r3', 'r4'])
    expect(closedAtOpening).toEqual([0, 1])
    expect(stand().told.drops[0]!.reason).toContain('the receiver is down')
  })

  test('a drain whose open rejects is tried again', async () => {
    const stream = await stand().open()
    const seen: string[] = []
    let fuse = 2
    const drain = drainOf('archive', ['calls'], () => async (records) => {
      seen.push(...records.map((record) => text(record.value)))
    })
    await stream.append('calls', lines(['a']))
    await stream.drain({
      ...drain,
      open: async (opening) => {
        if (fuse-- > 0) throw new Error('not yet')
        return drain.open(opening)
      },
    })
    await stand().until('the record', () => seen.length === 1)
    expect(stand().told.drops).toHaveLength(2)
  })

  for (const when of ['before', 'after'] as const) {
    test(`a drain's commit that fails ${when} it took effect rejects`, async () => {
      const stream = await stand().open()
      const seen: string[] = []
      const answers: string[] = []
      stand().faults.fail('archive', when)
      await stream.append('calls', lines(['a', 'b']))
      await stream.drain(
        drainOf('archive', ['calls'], (opening) => async (records) => {
          seen.push(...records.map((record) => text(record.value)))
          const commit = opening.commit(records.at(-1)!.position + 1, 'n')
          answers.push(
            await commit.then(
              () => 'done',
              (error: Error) => error.message,
            ),
          )
          await commit
        }),
      )
      await stand().until('a drop', () => stand().told.drops.length > 0)
      await stream.append('calls', lines(['c']))
      await stand().until('the last record', () => seen.at(-1) === 'c')
      await stand().until('its commit', () => answers.at(-1) === 'done')
      expect(answers[0]).toContain('injected')
      expect(seen.filter((value) => value === 'a')).toHaveLength(when === 'before' ? 2 : 1)
    })
  }

  test('an older owner of a drain is refused', async () => {
    const first = await stand().open()
    const gate = Promise.withResolvers<void>()
    const answers: string[] = []
    let held = 0
    await first.append('calls', lines(numbered(3)))
    await first.drain(
      drainOf('archive', ['calls'], (opening) => async (records) => {
        held += records.length
        await gate.promise
        const commit = opening.commit(records[0]!.position, 'old')
        answers.push(
          await commit.then(
            () => 'done',
            () => 'refused',
          ),
        )
      }),
    )
    await stand().until('records that the old owner holds', () => held > 0)
    const second = await stand().reopen()
    const openings: DrainOpening[] = []
    const drain = drainOf('archive', ['calls'], (opening) => {
      openings.push(opening)
      return async (records) => {
        await opening.commit(records.at(-1)!.position + 1, `new ${text(records.at(-1)!.value)}`)
        committed.push(text(records.at(-1)!.value))
      }
    })
    const committed: string[] = []
    const running = await second.drain(drain)
    await stand().until('the new owner', () => committed.at(-1) === 'r3')
    gate.resolve()
    await stand().until('an answer', () => answers.length > 0)
    expect(answers).toEqual(['refused'])
    await running.stop()
    await second.drain(drain)
    await stand().until('an opening', () => openings.length === 2)
    expect(openings[1]!.note).toBe('new r3')
  })

  test('each drain has its own position', async () => {
    const stream = await stand().open()
    const seen: Record<string, string[]> = { 'deliver.one': [], 'deliver.two': [] }
    const of = (stage: string) =>
      drainOf(stage, ['alerts'], (opening) => async (records) => {
        seen[stage]!.push(...records.map((record) => text(record.value)))
        if (stage === 'deliver.one') await opening.commit(records.at(-1)!.position + 1, '')
      })
    await stream.append('alerts', lines(numbered(5)))
    const running = await Promise.all(['deliver.one', 'deliver.two'].map((stage) => stream.drain(of(stage))))
    await stand().until('both', () => Object.values(seen).every((texts) => texts.length >= 5))
    for (const one of running) await one.stop()
    await stream.append('alerts', lines(['r6']))
    for (const stage of ['deliver.one', 'deliver.two']) await stream.drain(of(stage))
    await stand().until('both', () => Object.values(seen).every((texts) => texts.at(-1) === 'r6'))
    expect(seen['deliver.one']).toEqual(numbered(6))
    expect(seen['deliver.two']).toEqual([...numbered(5), ...numbered(6)])
  })

  test('lag is counted from the read position', async () => {
    const stream = await stand().open()
    const gate = Promise.withResolvers<void>()
    let took = 0
    await stream.append('calls', lines(numbered(10)))
    await stream.drain(
      drainOf('archive', ['calls'], () => async (records) => {
        took += records.length
        if (took >= 10) await gate.promise
      }),
    )
    const lag = () => stream.lag().filter((one) => one.stage === 'archive')
    await stand().until('the first ten', () => took >= 10)
    await stream.append('calls', lines(numbered(7)))
    await stand().until('a lag of 7', () => lag().length === 1 && lag()[0]!.records === 7)
    gate.resolve()
    await stand().until('no lag', () => lag()[0]?.records === 0)
  })
}
