import { describe, expect, it } from 'vitest'
import { worldSizes } from '../../bench/quality/endpoints.ts'
import { qualityLog } from '../../bench/quality/log.ts'
import { planOf } from '../../bench/quality/plan.ts'
import { play } from '../../bench/quality/play.ts'
import { scoreOf } from '../../bench/quality/score.ts'
import { createWorld } from '../../bench/quality/world.ts'

const world = createWorld(1, { ...worldSizes.small, hours: 6, callsPerDay: 40_000 })

async function played(budgets: readonly number[]) {
  const log = qualityLog(world, planOf(world))
  const lines = [...log.lines()]
  return { lines, labels: log.labels, runs: await play(lines, budgets, world.to) }
}

describe('a log that is played', async () => {
  const { lines, labels, runs } = await played([1, 100])
  const [strict, generous] = runs

  it('is read whole, by each budget the same', () => {
    for (const { calls, duplicates, rejected } of runs) {
      expect(rejected).toBe(0)
      expect(calls + duplicates).toBe(lines.length)
      expect(duplicates).toBeGreaterThan(0)
    }
    expect(runs.map(({ budget }) => budget)).toEqual([1, 100])
  })

  it('raises alerts about attacks, and at a larger budget no fewer', () => {
    const told = (alerts: (typeof runs)[number]['alerts']) => scoreOf(labels, alerts).hits.length
    expect(told(strict!.alerts)).toBeGreaterThan(0)
    expect(told(generous!.alerts)).toBeGreaterThanOrEqual(told(strict!.alerts))
  })

  it('raises the same when it is played alone', async () => {
    const again = await played([1])
    expect(again.runs[0]!.alerts).toEqual(strict!.alerts)
  })
})
