import type { TestProject } from 'vitest/node'
import { type KafkaPart, kafkaForTests } from './kafka.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    kafka: Pick<KafkaPart, 'brokers' | 'sasl'> | { readonly skipped: string }
  }
}

/** One broker for all tests that share one: they are kept apart by the names of topics and groups. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const part = await kafkaForTests()
  project.provide(
    'kafka',
    'skipped' in part ? part : { brokers: part.brokers, ...(part.sasl ? { sasl: part.sasl } : {}) },
  )
  return async () => {
    if (!('skipped' in part)) await part.stop()
  }
}
