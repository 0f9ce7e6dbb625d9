import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detect } from './run.ts'
import { checkTold, hows, runAs } from './same.ts'
import { linesOfWorld } from './world.ts'

test('windows of five minutes tell the same in any batches and sources, and through restarts in their middle', async () => {
  const phases = [
    { kind: 'calm', minutes: 330 },
    { kind: 'export', minutes: 13 },
    { kind: 'calm', minutes: 45 },
  ] as const
  const lines = linesOfWorld({ seed: 5, rate: 3, phases })
  const plain = await detect([lines])
  checkTold(plain)
  const volumes = plain.settled.filter(({ detector }) => detector === 'data-exfiltration')
  expect(volumes.length).toBeGreaterThan(0)
  expect(volumes.every(({ status }) => status === 'resolved')).toBe(true)
  await fc.assert(
    fc.asyncProperty(hows, async (how) => {
      const other = await runAs(lines, how)
      expect(other.settled).toEqual(plain.settled)
      checkTold(other)
    }),
    { numRuns: 6, endOnFailure: true },
  )
})
