import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Plugins } from '#src/config.ts'
import { webhookOptions } from '#src/sink/options.ts'

const detectorsFolder = join(import.meta.dirname, '../../detectors')

/** The settings of every detector found in `detectors/` and of every kind of sink. Throws for a detector that is none. */
export async function loadPlugins(): Promise<Plugins> {
  const detectors = new Map<string, z.ZodObject>()
  for (const name of readdirSync(detectorsFolder).sort()) {
    const file = join(detectorsFolder, name, 'detector.ts')
    if (existsSync(file)) detectors.set(name, await paramsOf(name))
  }
  return { detectors, sinks: new Map<string, z.ZodObject>([['webhook', webhookOptions]]) }
}

async function paramsOf(name: string): Promise<z.ZodObject> {
  const { default: detector } = (await import(`#detectors/${name}/detector.ts`)) as { default?: { params?: unknown } }
  if (detector?.params instanceof z.ZodObject) return detector.params
  throw new Error(`detectors/${name}/detector.ts: its default export has no params made by z.strictObject`)
}
