import type { Retention } from './migrate.ts'
import type { OpenStore } from './open.ts'

const DAY_MS = 86_400_000
const DAY = /^\d{4}-\d{2}-\d{2}$/

interface PartitionRow {
  readonly table: string
  readonly partition: string
}

/**
 * Drops the day partitions that are older than they are kept, which costs nothing, and merges what else has outlived its days.
 * Returns the days dropped, as `table day`. Throws `QueryFailed` where the engine is away.
 */
export async function dropOldDays(
  store: OpenStore,
  retention: Required<Retention>,
  now: number,
): Promise<readonly string[]> {
  const keptDays: Readonly<Record<string, number>> = {
    api_calls: retention.calls,
    dead_letters: retention.calls,
    baselines: retention.baselines,
  }
  const partitions = await store.query<PartitionRow>(
    'SELECT DISTINCT table, partition FROM system.parts WHERE active AND database = {database:String} ORDER BY table, partition',
    { database: store.database },
  )
  const dropped: string[] = []
  for (const { table, partition } of partitions) {
    const kept = keptDays[table]
    if (kept === undefined || !DAY.test(partition)) continue
    // The day itself has ended, and then has been kept for its days.
    if (Date.parse(partition) + (kept + 1) * DAY_MS > now) continue
    await store.command(`ALTER TABLE ${store.database}.${table} DROP PARTITION '${partition}'`)
    dropped.push(`${table} ${partition}`)
  }
  return dropped
}
