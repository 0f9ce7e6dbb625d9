import { expect, inject, test } from 'vitest'
import { rehearseKills } from './service/kills.ts'

const kafka = inject('kafka')
const brokers = 'skipped' in kafka ? [] : kafka.brokers
/** The size of `npm run kill` is 200,000 calls at 10,000 a second: the same code, five times as many calls. */
const size = { brokers, calls: 40_000, perSecond: 4_000 }
const patienceMs = 300_000

test.skipIf('skipped' in kafka)(
  'killed three times in the middle of its work, it finds, tells and stores what an undisturbed replay does',
  { timeout: patienceMs },
  async () => {
    const { kills, notices, problems } = await rehearseKills({ ...size, name: `kill-${process.pid}` })
    expect(problems).toEqual([])
    expect(kills).toHaveLength(3)
    expect(notices).toBeGreaterThanOrEqual(8)
  },
)

test.skipIf('skipped' in kafka)(
  'positions that are committed before their output lose it: the same test sees that',
  { timeout: patienceMs },
  async () => {
    const imports = [new URL('./service/positions-first.register.ts', import.meta.url).href]
    const { kills, problems } = await rehearseKills({ ...size, name: `kill-first-${process.pid}`, imports })
    expect(kills).toHaveLength(3)
    expect(problems.filter((problem) => /differs|is missing|should not be there/.test(problem))).not.toEqual([])
  },
)
