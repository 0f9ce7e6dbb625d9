/**
 * Kills Tidemark three times in the middle of a log with attacks, on a real broker, and checks every promise afterwards.
 * `npm run kill -- [--calls 200000] [--rate 10000] [--report text|json]`; exits with 1 where a promise was broken.
 */
import { parseArgs } from 'node:util'
import { rehearseKills } from '#test/integration/service/kills.ts'
import { grouped, report } from './figures.ts'
import { startBroker } from './kafka.ts'

const { values: flags } = parseArgs({
  options: {
    calls: { type: 'string', default: '200000' },
    rate: { type: 'string', default: '10000' },
    report: { type: 'string', default: 'text' },
  },
})

const broker = await startBroker()
try {
  const found = await rehearseKills({
    brokers: broker.brokers,
    name: `kill-${process.pid}-${Date.now()}`,
    calls: Number(flags.calls),
    perSecond: Number(flags.rate),
  })
  const text = [
    `${grouped(found.calls)} calls in ${found.seconds.toFixed(1)} s; ${found.alerts} alerts, ${found.notices} notices, ${found.repeats} of them sent again`,
    '| killed at | open transactions, records | calls not counted yet | blocks in no checkpoint | listening again, ms |',
    '|---|---|---|---|---|',
    ...found.kills.map(
      ({ at, written, calls, blocks, restartMs }) =>
        `| ${(100 * at).toFixed(0)}% | ${grouped(written)} | ${grouped(calls)} | ${grouped(blocks)} | ${grouped(restartMs)} |`,
    ),
    found.problems.length === 0 ? 'every promise was kept' : found.problems.join('\n'),
  ].join('\n')
  report(flags.report === 'json' ? 'json' : 'text', found, text)
  process.exitCode = found.problems.length === 0 ? 0 : 1
} finally {
  await broker.stop()
}
