/**
 * The engine refuses inserts in the middle of a log with attacks, on a real broker; every promise is checked afterwards.
 * `npm run outage -- [--seconds 600] [--calls 120000] [--rate 200] [--report text|json]`; exits with 1 where a promise was broken.
 */
import { parseArgs } from 'node:util'
import { rehearseOutage } from '#test/integration/service/outages.ts'
import { grouped, report } from './figures.ts'
import { startBroker } from './kafka.ts'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    calls: { type: 'string', default: '120000' },
    rate: { type: 'string', default: '200' },
    report: { type: 'string', default: 'text' },
  },
})

const broker = await startBroker()
try {
  const found = await rehearseOutage({
    brokers: broker.brokers,
    name: `outage-${process.pid}-${Date.now()}`,
    calls: Number(flags.calls),
    perSecond: Number(flags.rate),
    outageMs: Number(flags.seconds) * 1000,
  })
  const text = [
    `${grouped(found.calls)} calls; the engine refused inserts for ${found.outageSeconds.toFixed(0)} s`,
    `rows when it began ${grouped(found.before)}, when it ended ${grouped(found.during)}; all ${found.catchUpSeconds.toFixed(1)} s later`,
    `${found.alerts} alerts; ${found.told} of ${found.notices} notices arrived during the outage`,
    found.problems.length === 0 ? 'every promise was kept' : found.problems.join('\n'),
  ].join('\n')
  report(flags.report === 'json' ? 'json' : 'text', found, text)
  process.exitCode = found.problems.length === 0 ? 0 : 1
} finally {
  await broker.stop()
}
