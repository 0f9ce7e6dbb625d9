import { expect, test } from 'vitest'
import { kafkaForTests } from '#test/parts/kafka.ts'
import { hasPart } from '../parts.ts'
import { sendPaced } from './service/log.ts'
import {
  brokenPromises,
  partitions,
  patienceMs,
  rehearsed,
  shareRead,
  untilSettled,
  untilStored,
  untilTold,
} from './service/rehearsed.ts'
import { openRig } from './service/rig.ts'
import { until } from './service/until.ts'

const size = { calls: 40_000, perSecond: 4_000 }

test.skipIf(!hasPart('Kafka'))(
  'a broker that is killed and comes back in the middle of a run: nothing is lost, nothing doubled',
  { timeout: 300_000 },
  async (context) => {
    const broker = await kafkaForTests()
    if ('skipped' in broker || broker.restart === undefined) return context.skip('the broker is not ours to kill')
    const play = await rehearsed(size.calls)
    const rig = await openRig({ brokers: broker.brokers, name: `broker-${process.pid}`, partitions })
    try {
      const tidemark = await rig.start()
      let reading = 0
      const sending = sendPaced(rig, play.log.calls, size.perSecond, () => (reading + 0.2) * size.calls)
      const read = async () => {
        reading = (await shareRead(play, tidemark)) ?? reading
        return reading
      }
      for (const [share, signal] of [
        [0.3, 'SIGKILL'],
        [0.6, 'SIGTERM'],
      ] as const) {
        await until(`judge has read ${share} of the log`, patienceMs, async () =>
          (await read()) >= share ? true : null,
        )
        await broker.restart(signal)
      }
      reading = 1
      await sending
      await untilSettled(play, tidemark)
      await untilStored(rig, play.log.calls.length, tidemark)
      await untilTold(rig, play, patienceMs)
      const dropped = tidemark.log.filter(({ msg }) => msg.startsWith('lane dropped'))
      expect(dropped.length, 'lanes that the restarts reached').toBeGreaterThan(0)
      expect(await brokenPromises(rig, play, tidemark)).toEqual([])
    } finally {
      await rig.close()
      await broker.stop()
    }
  },
)
