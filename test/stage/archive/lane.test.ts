import { describe, expect, test } from 'vitest'
import { archive } from '#src/stage/archive/archive.ts'
import { decodeIntent } from '#src/stage/archive/intent.ts'
import type { ArchiveOptions } from '#src/stage/archive/options.ts'
import type { InsertOutcome } from '#src/store/store.ts'
import type { DrainOpening } from '#src/stream/stream.ts'
import { lineFormat, recordAt, World } from '#test/fakes/archive-world.ts'
import { FakeStore } from '#test/fakes/store.ts'

const NOW = 1_795_336_200_000
const settled = () => new Promise((resolve) => setImmediate(resolve))

const calls = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => recordAt(from + i, `${NOW} /x`, NOW))

function setUp(changes: Partial<ArchiveOptions> = {}) {
  const store = new FakeStore()
  const timers: { ms: number; run: () => void; off: boolean }[] = []
  const commits: { resume: number; note: string }[] = []
  const options: ArchiveOptions = {
    store,
    format: lineFormat,
    bounds: { futureMs: 1000, pastMs: 1000 },
    runStart: NOW,
    configuration: '',
    limits: { records: 10, waitMs: 500 },
    after(ms, run) {
      const timer = { ms, run, off: false }
      timers.push(timer)
      return () => {
        timer.off = true
      }
    },
    now: () => 0,
    onRefused: () => undefined,
    ...changes,
  }
  const open = (opening: Partial<DrainOpening> = {}) =>
    archive(options).open({
      topic: 'calls',
      source: 'calls/0',
      partition: 0,
      resume: null,
      note: '',
      async commit(resume, note) {
        commits.push({ resume, note })
      },
      ...opening,
    })
  const fire = () => {
    for (const timer of timers.splice(0)) if (!timer.off) timer.run()
  }
  return { store, timers, commits, open, fire }
}

describe('the archive’s lane', () => {
  test('inserts after so many records, and what is left after so long', async () => {
    const { store, timers, commits, open, fire } = setUp()
    const lane = await open()
    await lane.take(calls(0, 12))
    await settled()
    expect(store.asked.map(({ count }) => count)).toEqual([10])
    expect(timers.filter(({ off }) => !off).map(({ ms }) => ms)).toEqual([500])
    fire()
    await settled()
    expect(store.asked.map(({ count }) => count)).toEqual([10, 2])
    expect(commits.map(({ resume, note }) => [resume, decodeIntent(note)?.last ?? null])).toEqual([
      [0, 9],
      [10, null],
      [10, 11],
      [12, null],
    ])
  })

  test('names positions, day, version, append time and configuration in its tokens', async () => {
    const { store, open } = setUp()
    const lane = await open()
    await lane.take(calls(5, 15))
    await settled()
    expect(store.asked[0]?.token).toMatch(/^api_calls:calls\/0:5-14:3:2026-11-22:1795336200000:[0-9a-f]{12}$/)
  })

  test('inserts nothing after a commit failed, and takes no more', async () => {
    const { store, open } = setUp()
    const lane = await open({ commit: () => Promise.reject(new Error('no longer the owner')) })
    await lane.take(calls(0, 10))
    await settled()
    await expect(lane.take(calls(10, 11))).rejects.toThrow('no longer the owner')
    await lane.close()
    expect(store.asked).toEqual([])
  })

  test('takes no more than three ranges while the engine is away, and gives up waiting when it is closed', async () => {
    const away: InsertOutcome = { kind: 'retry', reason: 'away' }
    const store = Object.assign(new FakeStore(), { insert: async () => away })
    const { open, timers } = setUp({ store })
    const lane = await open()
    await lane.take(calls(0, 10))
    let taken = false
    const taking = lane.take(calls(10, 45)).then(
      () => {
        taken = true
      },
      (error: unknown) => error,
    )
    for (let i = 0; i < 5; i++) await settled()
    expect(taken).toBe(false)
    await lane.close()
    expect(String(await taking)).toMatch(/closed/)
    expect(timers.every(({ off }) => off)).toBe(true)
  })

  test('waits longer from attempt to attempt, to a limit', async () => {
    const store = new FakeStore()
    let attempts = 0
    const insert: FakeStore['insert'] = async (rows) =>
      ++attempts < 6 ? { kind: 'retry', reason: 'away' } : store.take(rows)
    const waits: number[] = []
    const after: ArchiveOptions['after'] = (ms, run) => {
      if (ms !== 500) {
        waits.push(ms)
        setImmediate(run)
      }
      return () => undefined
    }
    const { open, commits } = setUp({
      store: Object.assign(Object.create(store), { insert }),
      after,
      retry: { firstMs: 100, longestMs: 350 },
    })
    const lane = await open()
    await lane.take(calls(0, 10))
    while (commits.length < 2) await settled()
    expect(waits).toEqual([100, 200, 350, 350, 350])
    expect(store.rows('api_calls')).toHaveLength(10)
  })

  test('begins with exactly the range that was announced, whatever its limits are now', async () => {
    const first = setUp({ limits: { records: 7 } })
    let announced = ''
    const dying = await first.open({
      commit(_resume, note) {
        announced = note
        return new Promise(() => undefined)
      },
    })
    await dying.take(calls(0, 7))
    await settled()
    const { store, open } = setUp({ limits: { records: 3, waitMs: 500 } })
    const lane = await open({ resume: 0, note: announced })
    await lane.take(calls(0, 10))
    await settled()
    expect(store.asked.map(({ count }) => count)).toEqual([7, 3])
  })

  test('goes on when retention took what was announced', async () => {
    const note = JSON.stringify({ first: 0, last: 4, version: 1, configuration: 'x', stamp: NOW, mixed: false })
    const { store, commits, open } = setUp()
    const lane = await open({ resume: 0, note })
    await lane.take(calls(20, 30))
    await settled()
    expect(store.asked.map(({ count }) => count)).toEqual([10])
    expect(commits.at(-1)).toEqual({ resume: 30, note: '' })
  })

  test('passes records that give no rows without asking the engine', async () => {
    const world = new World('calls', [recordAt(0, 'skip', NOW), recordAt(3, 'bad', NOW)], [])
    await world.run([{ batch: 5 }])
    expect(world.store.asked).toEqual([])
    expect(world.commits).toEqual([{ resume: 4, note: '' }])
  })

  test('tells of a record that it cannot read, again and again until somebody listens', async () => {
    const told: number[] = []
    const { open, fire, commits } = setUp({
      onRefused({ position }) {
        told.push(position)
        if (told.length < 3) throw new Error('nobody there')
      },
    })
    const lane = await open({ topic: 'alerts' })
    await lane.take([recordAt(4, 'no alert', NOW)])
    for (let i = 0; i < 6; i++) {
      fire()
      await settled()
    }
    expect(told).toEqual([4, 4, 4])
    expect(commits).toEqual([{ resume: 5, note: '' }])
  })

  test('does not believe a note that it did not write, nor positions that go back', async () => {
    const { open } = setUp()
    await expect(open({ note: '{"first":1}' })).rejects.toThrow()
    const lane = await open()
    await lane.take(calls(5, 6))
    await expect(lane.take(calls(5, 6))).rejects.toThrow(/position 5 came after 5/)
  })

  test.each([0, 50_001, 1.5])('cannot have ranges of %d records', (records) => {
    expect(() => archive({ limits: { records } } as unknown as ArchiveOptions)).toThrow(RangeError)
  })
})
