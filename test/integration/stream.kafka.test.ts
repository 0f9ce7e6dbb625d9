import { randomUUID } from 'node:crypto'
import { describe, inject } from 'vitest'
import { streamContract } from '#test/contract/stream.ts'
import { kafkaHarness } from './kafka.harness.ts'

const part = inject('kafka')

describe.skipIf('skipped' in part)('on a real broker', () => {
  const brokers = 'brokers' in part ? part.brokers : []
  streamContract('kafka', () => kafkaHarness(brokers, randomUUID().slice(0, 8)))
})
