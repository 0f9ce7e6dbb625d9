import { describe, expect, test } from 'vitest'
import { EventTime } from '#src/stage/judge/time.ts'

const NONE: ReadonlyMap<string, Uint8Array> = new Map()
const LATENESS = 60

type Said = readonly [source: string, at: number, idleAt: number | null]

/** What two sources say, one after the other, and where event time is then. */
const rows: readonly (readonly [string, readonly Said[], number])[] = [
  ['starts with nobody', [], -Infinity],
  ['waits until everybody has spoken', [['a', 100, null]], -Infinity],
  [
    'is the least watermark',
    [
      ['a', 100, null],
      ['b', 70, null],
    ],
    70,
  ],
  [
    'follows the slower one',
    [
      ['a', 100, null],
      ['b', 70, null],
      ['b', 90, null],
    ],
    90,
  ],
  [
    'never goes back',
    [
      ['a', 100, null],
      ['b', 70, null],
      ['b', 30, null],
    ],
    70,
  ],
  [
    'is not held back by who is idle',
    [
      ['a', 100, null],
      ['b', 70, 500],
    ],
    100,
  ],
  [
    'is held back again by who speaks again',
    [
      ['a', 100, null],
      ['b', 70, 500],
      ['b', 80, null],
      ['a', 300, null],
    ],
    100,
  ],
  [
    'follows the stream where all are idle',
    [
      ['a', 100, 520],
      ['b', 70, 500],
    ],
    440,
  ],
  [
    'does not go back when one wakes up',
    [
      ['a', 100, 520],
      ['b', 70, 500],
      ['a', 200, null],
    ],
    440,
  ],
  [
    'is held by a source that has no call yet',
    [
      ['a', 100, null],
      ['b', -Infinity, null],
    ],
    -Infinity,
  ],
  [
    'stands where the calls have brought it when all have ended',
    [
      ['a', 70, Infinity],
      ['b', 100, Infinity],
    ],
    100,
  ],
  [
    'does not end while one goes on',
    [
      ['a', 100, Infinity],
      ['b', 70, null],
    ],
    70,
  ],
  [
    'follows the stream where one has ended and the others are idle',
    [
      ['a', 100, Infinity],
      ['b', 70, 500],
    ],
    440,
  ],
]

describe('event time', () => {
  test.for(rows)('%s', ([, said, expected]) => {
    const time = new EventTime(LATENESS, NONE, 0)
    said.forEach(([source, at, idleAt], position) => {
      time.hear({ source, sources: 2, at, idleAt }, position)
    })
    expect(time.now).toBe(expected)
  })

  test('knows the latest call of all sources, by which every lane ends alike', () => {
    const time = new EventTime(LATENESS, NONE, 0)
    time.hear({ source: 'a', sources: 2, at: 100, idleAt: null }, 0)
    time.hear({ source: 'b', sources: 2, at: 70, idleAt: null }, 1)
    expect(time.latest).toBe(160)
  })

  test('remembers who has ended for a lane that is opened later, but not what it will hear again', () => {
    const time = new EventTime(LATENESS, NONE, 0)
    time.hear({ source: 'a', sources: 2, at: 100, idleAt: null }, 6)
    expect(time.endedWrites()).toEqual([])
    time.hear({ source: 'a', sources: 2, at: 100, idleAt: Infinity }, 7)
    const [write] = time.endedWrites()
    expect(time.endedWrites()).toEqual([])
    const state = new Map([[write?.key ?? '', write?.value ?? new Uint8Array()]])
    const after = new EventTime(LATENESS, state, 8)
    after.hear({ source: 'b', sources: 2, at: 90, idleAt: Infinity }, 8)
    expect([after.ended, after.now, after.latest]).toEqual([true, 100, 160])
    const before = new EventTime(LATENESS, state, 7)
    before.hear({ source: 'b', sources: 2, at: 90, idleAt: Infinity }, 9)
    expect([before.ended, before.now]).toEqual([false, -Infinity])
  })

  test('forgets that a source has ended when it goes on, and waits for it again', () => {
    const time = new EventTime(LATENESS, NONE, 0)
    time.hear({ source: 'a', sources: 1, at: 100, idleAt: Infinity }, 3)
    expect([time.ended, time.endedWrites().length]).toEqual([true, 1])
    time.hear({ source: 'a', sources: 1, at: 100, idleAt: Infinity }, 4)
    expect(time.endedWrites(), 'said again, it is nothing new').toEqual([])
    time.hear({ source: 'a', sources: 1, at: 130, idleAt: null }, 5)
    expect([time.ended, time.now]).toEqual([false, 130])
    const [write] = time.endedWrites()
    const state = new Map([[write?.key ?? '', write?.value ?? new Uint8Array()]])
    expect(new EventTime(LATENESS, state, 6).ended).toBe(false)
  })
})
