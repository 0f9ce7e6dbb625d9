import { describe, expect, test } from 'vitest'
import errorBurst from '#detectors/error-burst/detector.ts'
import getSpike from '#detectors/get-spike/detector.ts'
import { alertOf } from '#src/alert/describe.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { addCall, emptyTally } from '#src/baseline/tally.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { baselineRecord } from '#src/stage/judge/rows.ts'
import { Shard } from '#src/stage/judge/shard.ts'
import { callOf } from '#test/fakes/call.ts'

const calendar = calendarOf(10_000)
const HOUR = 360
/** 09:30 UTC, the beginning of a block. */
const START = Date.UTC(2026, 10, 22, 9, 30) / 10_000
const shop = endpointRef('shop', 'GET', '/items')

/** What a detector's alerts said, and the baselines afterwards; `ticks`: how many calls, how many of them fail. */
function told(detector: unknown, ticks: readonly (readonly [calls: number, failed: number])[]) {
  const one = detector as Detector
  const plan = planOf([{ detector: one, params: one.params.parse({}) }], 1, 1)
  const shard = new Shard(0, plan, calendar, { endpoint: 1, identity: 1 }, () => 1)
  const entity = shard.entity('endpoint', keyOf(shop))
  const said: string[] = []
  const setting = shard.setting('endpoint', false, (subject, watch, outcome) => {
    said.push(`${outcome}: ${alertOf(subject, watch, 'open', true, calendar).reason}`)
  })
  entity.row = entity.rows.take()
  admit(setting, entity, START)
  for (const [i, [calls, failed]] of ticks.entries()) {
    const tally = emptyTally(plan.endpoint.layout)
    for (let call = 0; call < calls; call += 1) {
      const status = call < failed ? 500 : 200
      addCall(plan.endpoint.layout, tally, callOf({ method: 'GET', status }), `${call}`, call, 'who')
    }
    advance(setting, entity, START + i, tally)
  }
  const row = baselineRecord(plan.endpoint, entity, START + ticks.length, calendar, 0)
  const { measures } = JSON.parse(Buffer.from(row?.value ?? '').toString()) as { measures: object[] }
  return { said, measure: measures[0] }
}

const hours = <T>(many: number, tick: T): T[] => Array.from({ length: many * HOUR }, () => tick)

describe('a change that lasts until it is taken for normal', () => {
  test('is said where the alert ends by it, with the level before and since when', () => {
    const { said, measure } = told(getSpike, [...hours(4, [4, 0] as const), ...hours(4, [40, 0] as const)])
    expect(said[0]).toMatch(/^opened: (?!.*changed)/)
    expect(said.at(-1)).toMatch(
      /^resolved: .*; the baseline has changed, what had lasted until 15:30 UTC is taken for normal: 240 gets a minute, 24 before$/,
    )
    expect(measure).toMatchObject({ measure: 'gets', changed_at: '2026-11-22T15:30:00.000Z', changed_from: 24 })
  })

  test('is no change where it is over before', () => {
    const hour = hours(1, [40, 0] as const)
    const { said, measure } = told(getSpike, [...hours(4, [4, 0] as const), ...hour, ...hours(3, [4, 0] as const)])
    expect(said.at(-1)).toMatch(/^resolved: (?!.*changed)/)
    expect(measure).not.toHaveProperty('changed_at')
  })

  test('of an earlier alert is not said of a later one', () => {
    const spike = Array.from({ length: 12 }, () => [3000, 0] as const)
    const once = [...hours(4, [4, 0] as const), ...hours(4, [40, 0] as const)]
    const { said } = told(getSpike, [...once, ...spike])
    expect(said.at(-1)).toMatch(/^(?:opened|changed): (?!.*changed)/)
    expect(said.filter((one) => one.startsWith('opened'))).toHaveLength(2)
  })

  test('of a share: what was normal before is not remembered', () => {
    const { said, measure } = told(errorBurst, [...hours(2, [10, 0] as const), ...hours(4, [10, 5] as const)])
    const changed = said.filter((one) => one.includes('the baseline has changed'))
    expect(changed.length).toBeGreaterThan(1)
    expect(changed[0]).toMatch(/what had lasted until 13:30 UTC is taken for normal$/)
    expect(measure).toMatchObject({ measure: 'errors', changed_at: '2026-11-22T13:30:00.000Z' })
    expect(measure).not.toHaveProperty('changed_from')
  })
})
