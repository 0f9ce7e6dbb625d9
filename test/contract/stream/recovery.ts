import { expect, test } from 'vitest'
import type { StreamRecord } from '#src/stream/stream.ts'
import { bytes, counted, counter, lines, numbered, type Stand, stageOf, Told, text, trace } from './stand.ts'

/** What a failure leaves behind: nothing, or everything of a commit; never a part, never twice. */
export function recovering(stand: () => Stand): void {
  for (const when of ['before', 'after'] as const) {
    test(`a commit that fails ${when} it took effect drops the lane and neither loses nor doubles anything`, async () => {
      const stream = await stand().open()
      const seen = trace()
      const tap = await stand().tap(stream, 'tallies')
      stand().faults.fail('collect', when)
      await stream.append('calls', lines(['a', 'b']))
      await stream.transform(counter(seen))
      await stand().until('a drop', () => stand().told.drops.length > 0)
      await stream.append('calls', lines(['c']))
      expect(await stand().read(tap, 3)).toEqual(['a#1', 'b#2', 'c#3'])
      expect(stand().told.drops[0]!.reason).toContain(`injected ${when}`)
      expect(seen.openings.length).toBeGreaterThanOrEqual(2)
      const reopened = seen.openings[1]!
      expect(reopened.note).toBe(when === 'before' ? '' : String(seen.steps[0]!.length))
      expect(reopened.state.size).toBe(when === 'before' ? 0 : 1)
      expect(seen.steps[1]![0]).toBe(when === 'before' ? 'a' : ['a', 'b', 'c'][seen.steps[0]!.length])
    })
  }

  test('nothing of a commit is seen before it took effect', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    const marks = await stand().tap(stream, 'alerts')
    const commit = stand().faults.hold('collect')
    await stream.append('calls', lines(['a']))
    await stream.transform(counter())
    await commit.held
    await stream.append('alerts', lines(['mark']))
    await stand().read(marks, 1)
    expect(tap.texts()).toEqual([])
    commit.release()
    expect(await stand().read(tap, 1)).toEqual(['a#1'])
  })

  test('many failures, before and after: every record once, counted on committed state only', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    for (const when of ['before', 'after', 'after', 'before', 'before', 'after'] as const)
      stand().faults.fail('collect', when)
    const values = numbered(60)
    await stream.append('calls', lines(values.slice(0, 30)))
    await stream.transform(counter(trace(), { batch: { records: 4, waitMs: 5 } }))
    await stream.append('calls', lines(values.slice(30)))
    expect(await stand().read(tap, 60)).toEqual(counted(values))
    await stand().until('all drops', () => stand().told.drops.length >= 6)
    await stream.append('calls', lines(['last']))
    expect(await stand().read(tap, 61)).toEqual(counted([...values, 'last']))
  })

  test('a lane whose step throws is opened again and its memory thrown away', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    const seen = trace()
    let fuse = 2
    const inner = counter(seen, { batch: { records: 5, waitMs: 5 } })
    await stream.append('calls', lines(numbered(12)))
    await stream.transform({
      ...inner,
      open(opening) {
        const lane = inner.open(opening)
        const step = (records: readonly StreamRecord[]) => {
          const done = lane.step(records)
          if (records.some((record) => text(record.value) === 'r7') && fuse-- > 0) throw new Error('a bad moment')
          return done
        }
        return { step, idle: () => null }
      },
    })
    expect(await stand().read(tap, 12)).toEqual(counted(numbered(12)))
    expect(seen.openings).toHaveLength(3)
    expect(stand().told.drops.map(({ reason }) => reason)).toEqual(
      Array(2).fill(expect.stringContaining('a bad moment')),
    )
  })

  test('a step that writes where nothing can be written drops the lane and leaves nothing', async () => {
    const stream = await stand().open()
    const tap = await stand().tap(stream, 'tallies')
    let bad = true
    await stream.append('calls', lines(['a']))
    await stream.transform(
      stageOf(() => ({
        step(records) {
          const value = bytes('x')
          const good = { topic: 'tallies' as const, partition: 0, key: null, value }
          const appends = bad ? [good, { ...good, partition: 99 }] : [good]
          bad = false
          return { appends, state: [], resume: records.at(-1)!.position + 1, note: '' }
        },
        idle: () => null,
      })),
    )
    await stand().until('a drop', () => stand().told.drops.length === 1)
    await stream.append('tallies', lines(['end']))
    await stand().read(tap, 2)
    expect(tap.texts().sort()).toEqual(['end', 'x'])
  })

  test('an older owner is refused, with all that it wanted to write', async () => {
    const first = await stand().open()
    const commit = stand().faults.hold('collect')
    await first.append('calls', lines(['a', 'b', 'c']))
    const old = trace()
    await first.transform(counter(old, { batch: { records: 3, waitMs: 3_600_000 } }))
    await commit.held
    const told = new Told()
    const second = await stand().reopen({ events: told })
    const tap = await stand().tap(second, 'tallies')
    const seen = trace()
    await second.transform(counter(seen))
    expect(await stand().read(tap, 3)).toEqual(['a#1', 'b#2', 'c#3'])
    commit.release()
    // Its driver may know already that another has it.
    await stand().until('the old lane ended', () => stand().told.drops.length + stand().told.losses.length > 0)
    await second.append('calls', lines(['d']))
    expect(await stand().read(tap, 4)).toEqual(['a#1', 'b#2', 'c#3', 'd#4'])
    const look = trace()
    const third = await stand().reopen()
    await third.transform(counter(look))
    await stand().until('an opening', () => look.openings.length === 1)
    expect(look.openings[0]!.note).toBe('4')
    expect(text(look.openings[0]!.state.get('count')!)).toBe('4')
  })

  test('a kill between steps: the next process goes on from the last commit', async () => {
    const first = await stand().open()
    const commit = stand().faults.hold('collect')
    await first.append('calls', lines(numbered(5)))
    await first.transform(counter())
    await commit.held
    const second = await stand().reopen()
    const tap = await stand().tap(second, 'tallies')
    await second.transform(counter())
    expect(await stand().read(tap, 5)).toEqual(counted(numbered(5)))
    commit.release()
  })
}
