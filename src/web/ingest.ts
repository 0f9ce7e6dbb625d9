import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WebLimits, WebOptions, WebRecord } from './options.ts'
import { Problem } from './problem.ts'
import type { Seat } from './room.ts'
import { NotAnArray, type ReadAs, recordsOf, shapeOf } from './split.ts'
import { within } from './turns.ts'

/** How many rejected records are answered with their detail; beyond it, index and reason only. */
const detailed = 1_000
/** How much is checked before other requests and the stages get the event loop again: a few milliseconds. */
const workBetweenPauses = 512 * 1024
/** What a record costs beyond its bytes, in bytes. */
const workOfRecord = 1_024

/** A record that was not kept, by its place among the records of the body (from 0; blank lines are no records). */
export interface Rejected {
  readonly index: number
  readonly reason: string
  readonly detail?: string
}

/** The answer to `POST /v1/calls`. */
export interface Receipt {
  /** Records that are durable now. */
  readonly accepted: number
  /** Records that the format says are meant not to be calls (a health line); not kept, nothing is wrong with them. */
  readonly skipped: number
  readonly rejected: readonly Rejected[]
  readonly read_as: ReadAs
}

/** What was found in one body, before anything is appended. */
interface Sorted {
  readonly good: WebRecord[]
  readonly rejected: Rejected[]
  readonly byReason: Map<string, number>
  skipped: number
}

/**
 * One body from bytes to durability.
 * @throws Problem for everything that is not a 202; nothing of the body was appended then, except maybe for `not-durable`
 */
export async function ingest(options: WebOptions, body: Buffer, lines: boolean, seat: Seat): Promise<Receipt> {
  const { limits, encoding } = options
  const readAs = shapeOf(body, lines, encoding)
  const sorted = await sort(options, body, readAs)
  const { good, rejected, byReason, skipped } = sorted
  if (good.length + rejected.length + skipped === 0) throw new Problem('no-records')
  if (good.length > 0) await append(options, good, seat)
  options.events.ingested(good.length, skipped, byReason, body.length)
  if (good.length + skipped > 0) return { accepted: good.length, skipped, rejected, read_as: readAs }
  if (readAs === 'object' && rejected[0]?.reason === 'too-large') throw tooLarge(limits)
  throw new Problem('no-valid-record', { members: { accepted: 0, skipped: 0, rejected, read_as: readAs } })
}

async function sort(options: WebOptions, body: Buffer, readAs: ReadAs): Promise<Sorted> {
  const { limits } = options
  const sorted: Sorted = { good: [], rejected: [], byReason: new Map(), skipped: 0 }
  let index = 0
  let work = 0
  try {
    for (const value of recordsOf(body, readAs)) {
      if (index >= limits.records) throw new Problem('too-many-records', { detail: `The limit is ${limits.records}.` })
      place(options, sorted, index, value)
      index += 1
      work += value.length + workOfRecord
      if (work >= workBetweenPauses) {
        work = 0
        await nextTurn()
      }
    }
  } catch (error) {
    if (error instanceof NotAnArray) throw new Problem('malformed-array', { detail: `As an array, ${error.message}.` })
    throw error
  }
  return sorted
}

function place(options: WebOptions, sorted: Sorted, index: number, value: Buffer): void {
  const { recordBytes } = options.limits
  if (value.length > recordBytes) {
    reject(sorted, index, 'too-large', `${value.length} bytes; the limit is ${recordBytes}`)
    return
  }
  const reading = options.check(value)
  if (reading.kind === 'call') sorted.good.push({ key: reading.call.requestId, value })
  else if (reading.kind === 'skipped') sorted.skipped += 1
  else reject(sorted, index, reading.reason, reading.detail)
}

function reject(sorted: Sorted, index: number, reason: string, detail: string): void {
  sorted.byReason.set(reason, (sorted.byReason.get(reason) ?? 0) + 1)
  sorted.rejected.push(sorted.rejected.length < detailed ? { index, reason, detail } : { index, reason })
}

function tooLarge(limits: WebLimits): Problem {
  return new Problem('record-too-large', { detail: `The limit is ${limits.recordBytes} bytes.` })
}

async function append(options: WebOptions, records: readonly WebRecord[], seat: Seat): Promise<void> {
  const notDurable = (): Problem => new Problem('not-durable', { retryAfterSeconds: 5 })
  // An append that is given up still holds the bytes, so its seat stays taken until it has settled.
  const appended = options.append(records)
  seat.hold(appended)
  try {
    await within(appended, options.limits.appendMs, notDurable)
  } catch (error) {
    if (error instanceof Problem) throw error
    options.log.error({ err: error }, 'the stream did not take records that came by HTTP')
    throw notDurable()
  }
}
