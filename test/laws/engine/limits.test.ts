import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detect, LIMITS, PLAINLY, SHARDS } from './run.ts'
import { checkTold, gap, hows, runAs, worlds } from './same.ts'
import { inOrder, linesOfWorld, MINUTE, type Phase, stretch, WORLD_START } from './world.ts'

/** Made-up routes and identities, each seen once. */
function flood(from: number, names: number, every: number, service: string): Uint8Array[] {
  return Array.from({ length: names }, (_, i) =>
    stretch(from + i * every, from + i * every + 1, 1, {
      service,
      path: `/x${i}y`,
      route: `/x${i}y`,
      identity: `made-up-${i}`,
    }),
  ).flat()
}

describe('a flood of made-up names', () => {
  const T = WORLD_START + 50 * MINUTE
  const known = (from: number, to: number, status: number): Uint8Array[] => stretch(from, to, 2000, { status })
  const lines = inOrder([
    ...known(WORLD_START, T, 200),
    ...flood(T, 6000, 50, 'a'),
    ...known(T, T + 5 * MINUTE, 200),
    ...known(T + 5 * MINUTE, T + 7 * MINUTE, 503),
  ])

  test('stays within the entities that a shard keeps, and takes no baseline from who has one', async () => {
    const outcome = await detect([lines], { ...PLAINLY, batch: 500 }, { ...LIMITS, entities: 20 })
    const most = outcome.held.reduce((sum, { entities }) => Math.max(sum, entities.endpoint, entities.identity), 0)
    // One place a shard beyond the limit: everybody else.
    expect(most).toBeLessThanOrEqual(21 * SHARDS)
    expect(most).toBeGreaterThan(100)
    const burst = outcome.settled.find(({ detector, entity }) => detector === 'error-burst' && entity.route === '/a')
    expect(burst?.baseline.calls).toBeGreaterThan(1500)
    checkTold(outcome)
  })

  test('opens no more tallies than a lane keeps, and says how many calls had to share one', async () => {
    const limits = { ...LIMITS, openTallies: 300 }
    const { held, settled } = await detect([lines], { ...PLAINLY, batch: 100 }, limits)
    // Who has a tally or a baseline may always add to it: two known names for each of the open ticks.
    expect(Math.max(...held.map(({ openTallies }) => openTallies))).toBeLessThanOrEqual(300 + 200)
    expect(held.at(-1)?.overflowed).toBeGreaterThan(1000)
    expect(settled.some(({ entity }) => entity.route === '/a')).toBe(true)
  })

  test('remembers no more request ids than it may, and counts what it could not remember', async () => {
    const twice = stretch(WORLD_START, WORLD_START + 40, 1, {}).map((line, i) =>
      Buffer.from(line.toString().replace('{', `{"request_id":"id-${i}",`)),
    )
    const { fates } = await detect([[...twice, ...twice]], PLAINLY, { ...LIMITS, requestIds: 30 })
    expect(fates).toMatchObject({ call: 50, duplicate: 30 })
  })
})

describe('with hardly any room, the same log gives the same alerts', () => {
  const longGap = fc.integer({ min: 50, max: 200 }).map((minutes): Phase => ({ kind: 'gap', minutes }))
  const busy = fc.record({
    kind: fc.constantFrom<Phase['kind']>('names', 'errors', 'spike', 'calm'),
    minutes: fc.integer({ min: 2, max: 8 }),
  })
  const phases = fc.array(fc.oneof(longGap, gap, busy, busy, busy), { minLength: 3, maxLength: 8 })

  test('also where entities give their places away and come back', async () => {
    let evicted = 0
    await fc.assert(
      fc.asyncProperty(worlds, phases, hows, hows, async (world, more, first, second) => {
        const lines = linesOfWorld({
          ...world,
          phases: [{ kind: 'names', minutes: 4 }, ...more, ...world.phases, ...more],
        })
        const limits = { ...LIMITS, entities: 3 }
        const plain = await detect([lines], PLAINLY, limits)
        checkTold(plain)
        evicted += plain.held.at(-1)?.evicted ?? 0
        for (const how of [first, second]) {
          const other = await runAs(lines, how, limits)
          expect(other.settled).toEqual(plain.settled)
          expect(other.budget).toEqual(plain.budget)
          checkTold(other)
        }
      }),
      { numRuns: 6, endOnFailure: true },
    )
    expect(evicted).toBeGreaterThan(0)
  })
})
