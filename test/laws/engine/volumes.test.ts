import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detect } from './run.ts'
import { checkTold, hows, runAs } from './same.ts'
import { linesOfWorld } from './world.ts'

test('volumes tell the same in any batches and sources, and through restarts in their middle', async () => {
  const phases = [
    // The hour of admission, one that the others are held against, six that are learned, and the last of them an hour late.
    { kind: 'calm', minutes: 550 },
    { kind: 'export', minutes: 13 },
    { kind: 'calm', minutes: 70 },
  ] as const
  const lines = linesOfWorld({ seed: 5, rate: 1, phases })
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
    { numRuns: 5, endOnFailure: true },
  )
})
