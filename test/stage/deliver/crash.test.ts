import { expect, test } from 'vitest'
import { alertOf, toldOf } from '#test/fakes/alert.ts'
import { fails, Process, type Reaction, takes, World } from './world.ts'

const quiet = { alert: alertOf('quiet'), telling: null }

/** The receiver took it, and the answer was lost. */
const lost: Reaction = {
  delivery: { kind: 'retry', status: null, reason: 'the connection failed: ECONNRESET', afterMs: null },
  applied: true,
  afterMs: 0,
}

function scripted(): World {
  const world = new World()
  let calls = 0
  world.react = () => [takes, fails, takes, lost][calls++ % 4]!
  for (const [notice, event] of [
    [1, 'opened'],
    [2, 'updated'],
    [3, 'resolved'],
  ] as const)
    for (const alert of ['a', 'b', 'c']) world.put(toldOf(alert, notice, event), quiet, '{')
  return world
}

/** Runs one process that dies at its n-th effect; how many effects there were. */
async function runUntil(world: World, dieAt: number, dieWhen: 'before' | 'after'): Promise<number> {
  let effects = 0
  const process = new Process(world, {
    limits: { undelivered: 4, concurrency: 2, commitEveryMs: 20 },
    dies: (_effect, moment) => {
      if (moment === 'before') effects++
      return effects === dieAt && moment === dieWhen
    },
  })
  void process.feed()
  await world.clock.run(() => process.dead)
  return effects
}

test('killed at any effect, before or after it took place: told in order, nothing lost, repeats only under the same webhook-id', async () => {
  const undisturbed = scripted()
  const effects = await runUntil(undisturbed, 0, 'before')
  expect(effects).toBeGreaterThan(25)
  const expected = ['opened', 'updated', 'resolved']
  let repeated = 0
  for (let dieAt = 1; dieAt <= effects; dieAt++)
    for (const dieWhen of ['before', 'after'] as const) {
      const world = scripted()
      await runUntil(world, dieAt, dieWhen)
      await runUntil(world, dieAt, dieWhen)
      await runUntil(world, 0, 'before')
      const where = `killed ${dieWhen} effect ${dieAt}`
      for (const alert of ['a', 'b', 'c']) {
        const told = world.folded().filter((attempt) => attempt.alert === alert)
        expect(
          told.map(({ event }) => event),
          where,
        ).toEqual(expected)
        expect(
          told.map(({ id }) => id),
          where,
        ).toEqual([`${alert}_1`, `${alert}_2`, `${alert}_3`])
      }
      expect(world.committed, where).toEqual({ resume: world.end, note: '' })
      for (const { id } of world.folded())
        expect(
          world.rows.some((row) => `${row.alert_id}_${row.notice}` === id && row.outcome === 'delivered'),
          `${where}: row of ${id}`,
        ).toBe(true)
      repeated += world.attempts.filter(({ applied }) => applied).length - world.folded().length
    }
  expect(repeated).toBeGreaterThan(0)
})
