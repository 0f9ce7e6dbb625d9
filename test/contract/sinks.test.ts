import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { consoleHarness } from './sink/console.ts'
import { webhookHarness } from './sink/webhook.ts'
import { sinkContract } from './sinks.ts'

const harnesses = { consoleSink: consoleHarness, webhookSink: webhookHarness }

test('every sink has a harness', async () => {
  const room = new URL('../../src/sink/', import.meta.url)
  const found: string[] = []
  for (const file of readdirSync(room)) {
    const exported: object = await import(new URL(file, room).href)
    for (const [name, value] of Object.entries(exported))
      if (name.endsWith('Sink') && typeof value === 'function') found.push(name)
  }
  expect(found.sort()).toEqual(Object.keys(harnesses).sort())
})

for (const [name, make] of Object.entries(harnesses)) sinkContract(name, make)
