import { join } from 'node:path'
import { schedule } from 'node-cron'
import type { Config } from '#src/config.ts'
import { dropOldDays } from '#src/store/drop-days.ts'
import { MigrationError, migrate, type Retention } from '#src/store/migrate.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import { QueryFailed } from '#src/store/outcome.ts'
import type { Log } from '#src/telemetry/log.ts'

const AGAIN_MS = 2000

/** Opens the store that the configuration asks for. Throws where the folder of an embedded one is in use. */
export function storeOf(config: Config): Promise<OpenStore> {
  const { store } = config
  const common = { database: store.database, limits: store.queries }
  if (store.kind === 'embedded')
    return openStore({ ...common, kind: 'embedded', directory: join(config.data, 'clickhouse') })
  const { kind, url, user, password, requestTimeoutMs, connections, tls } = store
  return openStore({
    ...common,
    kind,
    url,
    user,
    password,
    requestTimeoutMs,
    connections,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ca: tls.ca,
            ...(tls.cert === undefined ? {} : { cert: tls.cert }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
          },
        }),
  })
}

export function retentionOf(config: Config): Required<Retention> {
  const { callsDays, alertsDays, baselinesDays } = config.store.retention
  return { calls: callsDays, alerts: alertsDays, baselines: baselinesDays }
}

/**
 * Brings the tables up to date, and tries again while the engine is away: alerts flow meanwhile, and calls wait in the stream.
 * Resolves to false when the signal was given first. Throws `MigrationError` where trying again is of no use.
 */
export async function migrated(store: OpenStore, config: Config, log: Log, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const applied = await migrate(store, retentionOf(config))
      if (applied.length > 0) log.info({ applied }, 'tables are up to date')
      return true
    } catch (error) {
      if (error instanceof MigrationError || !(error instanceof QueryFailed)) throw error
      if (attempt % 10 === 1) log.warn({ attempt, reason: error.message }, 'the store is away; it is tried again')
    }
    await pause(AGAIN_MS, signal)
  }
  return false
}

/** Drops old days when the crontab says so. Returns what ends it. */
export function scheduleRetention(store: OpenStore, config: Config, log: Log): () => Promise<void> {
  const task = schedule(
    config.store.retention.cron,
    async () => {
      try {
        const dropped = await dropOldDays(store, retentionOf(config), Date.now())
        log.info({ dropped }, 'retention has run')
      } catch (error) {
        log.error({ err: error }, 'retention failed; it runs again at its next time')
      }
    },
    { name: 'retention', noOverlap: true },
  )
  return async () => {
    await task.destroy()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise.finally(() => clearTimeout(timer))
}
