import { expect, inject, test } from 'vitest'
import { rehearseOutage } from './service/outages.ts'

const kafka = inject('kafka')

test.skipIf('skipped' in kafka)(
  'an engine that refuses inserts delays no alert, and every call is stored once when it is back',
  { timeout: 300_000 },
  async () => {
    const brokers = 'skipped' in kafka ? [] : kafka.brokers
    // `npm run outage` is the same for ten minutes.
    const size = { calls: 40_000, perSecond: 4_000, outageMs: 10_000 }
    const found = await rehearseOutage({ brokers, name: `outage-${process.pid}`, ...size })
    expect(found.problems).toEqual([])
    expect(found.before).toBeGreaterThan(0)
    expect(found.during).toBeLessThan(found.calls / 2)
    expect(found.told).toBe(found.notices)
  },
)
