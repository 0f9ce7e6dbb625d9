import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { appending } from './stream/append.ts'
import { draining } from './stream/drain.ts'
import { idling } from './stream/idle.ts'
import { recovering } from './stream/recovery.ts'
import { retaining } from './stream/retention.ts'
import { Stand, type StreamHarness } from './stream/stand.ts'
import { transforming } from './stream/transform.ts'

export type { OpenOptions, StreamHarness } from './stream/stand.ts'

/**
 * Holds one implementation of `Stream` to the promises in its doc comment. The harness is made once; every test opens
 * fresh storage through it.
 */
export function streamContract(name: string, make: () => StreamHarness | Promise<StreamHarness>): void {
  describe(`stream: ${name}`, () => {
    let harness: StreamHarness | undefined
    let stand: Stand | undefined

    beforeAll(async () => {
      harness = await make()
    })
    afterAll(() => harness?.dispose())
    beforeEach(() => {
      stand = new Stand(harness!)
    })
    afterEach(() => stand?.close())

    const current = () => stand!
    describe('append', () => appending(current))
    describe('transform', () => transforming(current))
    describe('recovery', () => recovering(current))
    describe('idle', () => idling(current))
    describe('drain', () => draining(current))
    describe('retention', () => retaining(current))
  })
}
