import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { WebLimits } from './options.ts'
import { Problem } from './problem.ts'
import { Turns } from './turns.ts'

const unpack = promisify(gunzip)
/** Below this size no ratio is suspicious: ten equal lines pack very well. */
const harmlessBytes = 1024 * 1024

/** Unpacks gzip bodies, at most two at once: what is unpacked is not counted by the waiting room until it is there. */
export class Inflater {
  readonly #limits: WebLimits
  readonly #turns = new Turns(2)

  constructor(limits: WebLimits) {
    this.#limits = limits
  }

  /** @throws Problem `malformed-gzip`, `inflated-too-large` */
  async inflate(body: Buffer): Promise<Buffer> {
    const { inflatedBytes, inflateRatio } = this.#limits
    const maxOutputLength = Math.min(inflatedBytes, Math.max(harmlessBytes, inflateRatio * body.length))
    try {
      return await this.#turns.run(() => unpack(body, { maxOutputLength }))
    } catch (error) {
      if (error instanceof RangeError) {
        throw new Problem('inflated-too-large', { detail: `It unpacks to more than ${maxOutputLength} bytes.` })
      }
      throw new Problem('malformed-gzip')
    }
  }
}
