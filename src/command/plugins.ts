import * as z from 'zod'
import { type Loaded, loadConfig, type Plugins } from '#src/config.ts'
import { discover } from '#src/discover.ts'
import { webhookOptions } from '#src/sink/options.ts'
import { loadFormats } from './engine.ts'

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

/** `loadConfig` with all plug-ins that are there; the format must be one of them. */
export async function loadSettings(file: string | null, env: NodeJS.ProcessEnv): Promise<Loaded> {
  const loaded = loadConfig(file, env, await loadPlugins())
  if (loaded.kind === 'wrong') return loaded
  const { format } = loaded.config.calls
  const formats = [...(await loadFormats()).keys()].sort()
  if (formats.includes(format)) return loaded
  const problem = { path: 'calls.format', value: JSON.stringify(format), expected: `one of ${formats.join(', ')}` }
  return { kind: 'wrong', problems: [problem] }
}

function isConfigurable(plugin: unknown): plugin is Configurable {
  const { name, params } = (plugin ?? {}) as { name?: unknown; params?: unknown }
  return typeof name === 'string' && params instanceof z.ZodObject
}
