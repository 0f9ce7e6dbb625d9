import * as z from 'zod'
import type { Plugins } from '#src/config.ts'
import { discover } from '#src/discover.ts'
import { webhookOptions } from '#src/sink/options.ts'

/** The part of a detector that the configuration needs. */
interface Configurable {
  readonly name: string
  readonly params: z.ZodObject
}

/** The settings of every detector found in `detectors/` and of every kind of sink. Throws for a detector that is none. */
export async function loadPlugins(): Promise<Plugins> {
  const folder = new URL('../../detectors/', import.meta.url)
  const detectors = await discover(folder, 'detector.ts', isConfigurable)
  return {
    detectors: new Map([...detectors].map(([name, { params }]) => [name, params])),
    sinks: new Map<string, z.ZodObject>([['webhook', webhookOptions]]),
  }
}

function isConfigurable(plugin: unknown): plugin is Configurable {
  const { name, params } = (plugin ?? {}) as { name?: unknown; params?: unknown }
  return typeof name === 'string' && params instanceof z.ZodObject
}
