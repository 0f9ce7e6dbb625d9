import native from '#schemas/native/format.ts'
import type { AlertRecord } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import { engineOf, loadDetectors } from '#src/command/engine.ts'
import { loadPlugins } from '#src/command/plugins.ts'
import { loadConfig } from '#src/config.ts'
import { memoryStream } from '#src/stream/memory.ts'

/** Collect and judge as `run` puts them together, with shipped settings, on the stream in memory, fed by hand. */
export interface BenchEngine {
  /** The call is read at the next `settle`. */
  append(partition: number, line: string, appendedAt: EpochMs): void
  /** Reads and judges what was appended. Resolves with the notices that were told since the last time. */
  settle(): Promise<readonly AlertRecord[]>
  /** Entities that have been admitted, all shards together. */
  entities(): number
  close(): Promise<void>
}

/** Partitions of the topics between the stages; results do not depend on it. */
const internal = 8

export async function openEngine(partitions: number): Promise<BenchEngine> {
  const loaded = loadConfig(null, {}, await loadPlugins())
  if (loaded.kind === 'wrong') throw new Error(`the shipped configuration is wrong: ${JSON.stringify(loaded.problems)}`)
  let told: AlertRecord[] = []
  const held = new Map<number, number>()
  const engine = engineOf({
    config: loaded.config,
    detectors: await loadDetectors(),
    format: native,
    runStart: 0,
    observer: {
      told: (record) => {
        if (record.telling !== null) told.push(record)
      },
      held: ({ partition, entities }) => held.set(partition, entities.endpoint + entities.identity),
    },
  })
  const stream = memoryStream({
    partitions: {
      calls: partitions,
      tallies: internal,
      baselines: internal,
      alerts: internal,
      'baseline-rows': internal,
    },
    // Blocks that were judged and checkpointed must not count as memory of the engine.
    slackRecords: 16,
    discard: ['dead-letters', 'alerts', 'baseline-rows'],
  })
  await stream.transform(engine.collect)
  await stream.transform(engine.judge)
  return {
    append: (partition, line, appendedAt) =>
      stream.appendRecord('calls', partition, { key: null, value: Buffer.from(line), appendedAt }),
    async settle() {
      await stream.settle()
      const notices = told
      told = []
      return notices
    },
    entities: () => [...held.values()].reduce((a, b) => a + b, 0),
    close: () => stream.close(),
  }
}
