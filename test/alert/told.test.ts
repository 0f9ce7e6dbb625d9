import { describe, expect, test } from 'vitest'
import { type Told, tellEarly, tellSettled, withdraw } from '#src/alert/told.ts'
import { alertOf } from '#test/fakes/alert.ts'

const EARLY = alertOf('a1', { settled: false, version: 0 })
const TICK = 100

/** Every state that an alert's telling can be in, by name. */
const states: Readonly<Record<string, Told | undefined>> = {
  nothing: undefined,
  early: { notice: 1, event: 'opened', version: 0, tick: TICK, waiting: EARLY },
  withdrawn: { notice: 2, event: 'withdrawn', version: 0, tick: TICK, waiting: null },
  reopened: { notice: 3, event: 'reopened', version: 0, tick: TICK, waiting: EARLY },
  open: { notice: 1, event: 'opened', version: 1, tick: TICK, waiting: null },
  updated: { notice: 2, event: 'updated', version: 2, tick: TICK, waiting: null },
  resolved: { notice: 3, event: 'resolved', version: 3, tick: TICK, waiting: null },
}

type What = 'early' | 'opened' | 'changed' | 'resolved' | 'close'

function tell(state: keyof typeof states, what: What, version: number, tick: number) {
  const told = states[state]
  if (what === 'early') return tellEarly(told, EARLY, tick)
  if (what === 'close') return told === undefined ? null : withdraw(told)
  return tellSettled(told, what, alertOf('a1', { settled: true, version }), tick)
}

/** What is told of an alert that belongs to another: its end, to those who had been told of it before. */
const attached: readonly (readonly [
  string,
  'opened' | 'changed' | 'resolved',
  number,
  readonly [number, string] | null,
])[] = [
  ['nothing', 'opened', 1, null],
  ['nothing', 'changed', 2, null],
  ['nothing', 'resolved', 3, null],
  ['early', 'opened', 1, null],
  ['early', 'resolved', 3, [2, 'resolved']],
  ['withdrawn', 'opened', 1, null],
  ['withdrawn', 'resolved', 3, null],
  ['open', 'changed', 2, null],
  ['open', 'resolved', 2, [2, 'resolved']],
  ['updated', 'resolved', 3, [3, 'resolved']],
]

/** state, what happens, version, tick → the notice (null: none, though the stored alert changes), or nothing at all. */
const rows: readonly (readonly [string, What, number, number, readonly [number, string] | null | 'nothing'])[] = [
  ['nothing', 'early', 0, TICK, [1, 'opened']],
  ['nothing', 'opened', 1, TICK, [1, 'opened']],
  ['nothing', 'changed', 2, TICK, [1, 'updated']],
  ['nothing', 'resolved', 3, TICK, [1, 'resolved']],
  ['nothing', 'close', 0, TICK, 'nothing'],
  ['early', 'early', 0, TICK + 1, 'nothing'],
  ['early', 'opened', 1, TICK, null],
  ['early', 'changed', 2, TICK + 1, [2, 'updated']],
  ['early', 'resolved', 3, TICK + 1, [2, 'resolved']],
  ['early', 'close', 0, TICK, [2, 'withdrawn']],
  ['withdrawn', 'early', 0, TICK, 'nothing'],
  ['withdrawn', 'early', 0, TICK + 1, [3, 'reopened']],
  ['withdrawn', 'opened', 1, TICK + 1, [3, 'reopened']],
  ['withdrawn', 'changed', 2, TICK + 1, [3, 'updated']],
  ['withdrawn', 'resolved', 3, TICK + 1, [3, 'resolved']],
  ['withdrawn', 'close', 0, TICK, 'nothing'],
  ['reopened', 'early', 0, TICK + 1, 'nothing'],
  ['reopened', 'opened', 1, TICK, null],
  ['reopened', 'changed', 2, TICK, [4, 'updated']],
  ['reopened', 'resolved', 3, TICK, [4, 'resolved']],
  ['reopened', 'close', 0, TICK, [4, 'withdrawn']],
  ['open', 'early', 0, TICK + 1, 'nothing'],
  ['open', 'opened', 1, TICK, 'nothing'],
  ['open', 'changed', 2, TICK, [2, 'updated']],
  ['open', 'resolved', 2, TICK, [2, 'resolved']],
  ['open', 'close', 0, TICK, 'nothing'],
  ['updated', 'early', 0, TICK + 1, 'nothing'],
  ['updated', 'opened', 1, TICK, 'nothing'],
  ['updated', 'changed', 2, TICK, 'nothing'],
  ['updated', 'changed', 3, TICK, [3, 'updated']],
  ['updated', 'resolved', 3, TICK, [3, 'resolved']],
  ['updated', 'close', 0, TICK, 'nothing'],
  ['resolved', 'early', 0, TICK + 9, 'nothing'],
  ['resolved', 'opened', 1, TICK, 'nothing'],
  ['resolved', 'changed', 2, TICK, 'nothing'],
  ['resolved', 'resolved', 3, TICK, 'nothing'],
  ['resolved', 'close', 0, TICK, 'nothing'],
]

describe('what is told', () => {
  test.for(rows)('%s + %s (version %i, tick %i): %o', ([state, what, version, tick, expected]) => {
    const telling = tell(state, what, version, tick)
    if (expected === 'nothing') return expect(telling).toBeNull()
    const [notice, event] = expected ?? [null, null]
    expect(telling?.record.telling).toEqual(expected === null ? null : { notice, event })
    const before = states[state]
    expect(telling?.told).toMatchObject({ notice: notice ?? before?.notice, event: event ?? before?.event })
    // Only an early notice waits for its tick to close.
    expect(telling?.told.waiting).toEqual(what === 'early' ? EARLY : null)
    if (what === 'close') expect(telling?.record.alert).toMatchObject({ status: 'withdrawn', settled: false })
    else if (what !== 'early') expect(telling?.told).toMatchObject({ version, tick })
  })

  test.for(attached)('of what belongs to another: %s + %s (version %i): %o', ([state, what, version, expected]) => {
    const alert = alertOf('a1', { settled: true, version, parent: 'b1' })
    const telling = tellSettled(states[state], what, alert, TICK + 1)
    const [notice, event] = expected ?? [states[state]?.notice ?? 0, null]
    expect(telling?.record).toEqual({ alert, telling: event === null ? null : { notice, event } })
    expect(telling?.told).toMatchObject({ notice, version, waiting: null })
    // What has ended need not be remembered, told or not.
    if (what === 'resolved') expect(telling?.told.event).toBe('resolved')
  })

  test('has a row for each state and event', () => {
    const seen = new Set(rows.map(([state, what]) => `${state} ${what}`))
    const all = Object.keys(states).flatMap((state) =>
      ['early', 'opened', 'changed', 'resolved', 'close'].map((what) => `${state} ${what}`),
    )
    expect(all.filter((one) => !seen.has(one))).toEqual([])
  })
})
