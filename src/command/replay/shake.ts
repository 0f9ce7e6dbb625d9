import type { EpochMs } from '#src/call/call.ts'
import type { Format } from '#src/call/format.ts'
import { hashedLow, hashText } from '#src/call/hash.ts'
import { readCall } from '#src/call/read.ts'
import { believeTime, type TimeBounds } from '#src/call/time.ts'
import { randomFor } from '#src/demo/random.ts'
import { SourceWindow } from '#src/stage/collect/window.ts'

const SOURCES_MOST = 8

/** What decides whether a line is late or a duplicate: as configured. */
export interface ShakeOptions {
  readonly format: Format
  readonly tickMs: number
  readonly latenessMs: number
  readonly requestIdsPerTick: number
  readonly recordBytes: number
  readonly bounds: TimeBounds
  readonly runStart: EpochMs
}

interface Placed {
  readonly line: Uint8Array
  readonly source: number
  readonly order: number
}

/**
 * Spreads a file's lines over 1 to 8 sources and shuffles each within lateness, from a seed, so that every call stays what it was:
 * on time, late or a duplicate. Ordering by time plus a random delay below the lateness is such a shuffle: whoever stands
 * before a call is ahead of it by less than the lateness. Returns the lines of each source.
 */
export function shake(lines: readonly Uint8Array[], seed: number, options: ShakeOptions): Uint8Array[][] {
  const random = randomFor(seed).unit
  const sources = 1 + Math.floor(random() * SOURCES_MOST)
  const window = new SourceWindow(options, Number.NEGATIVE_INFINITY)
  const firsts = new Map<string, number>()
  const placed: Placed[] = []
  const late: Uint8Array[] = []
  let latest = Number.NEGATIVE_INFINITY
  let latestSource = 0
  lines.forEach((line, index) => {
    const call = timeOf(line, options)
    if (call === null) {
      placed.push({ line, source: Math.floor(random() * sources), order: latest })
      return
    }
    const high = call.requestId === null ? 0 : hashText(call.requestId)
    const fate = window.take(call.at, index, call.requestId === null ? null : { high, low: hashedLow() })
    if (fate === 'late') {
      late.push(line)
      return
    }
    const id = call.requestId === null ? null : `${Math.floor(call.at / options.tickMs)} ${call.requestId}`
    const source = id === null ? Math.floor(random() * sources) : hashText(id, seed) % sources
    // A duplicate stays behind the one that it repeats.
    const order = Math.max(call.at + random() * options.latenessMs, firsts.get(id ?? '') ?? Number.NEGATIVE_INFINITY)
    if (id !== null && !firsts.has(id)) firsts.set(id, order)
    placed.push({ line, source, order })
    if (call.at > latest) {
      latest = call.at
      latestSource = source
    }
  })
  placed.sort((a, b) => a.order - b.order)
  const shaken: Uint8Array[][] = Array.from({ length: sources }, () => [])
  for (const { line, source } of placed) (shaken[source] as Uint8Array[]).push(line)
  // What was late must come after the call that made it so.
  const own = shaken[latestSource] as Uint8Array[]
  for (const line of late) own.push(line)
  return shaken
}

function timeOf(line: Uint8Array, options: ShakeOptions): { at: EpochMs; requestId: string | null } | null {
  const reading = readCall(options.format, line, options.recordBytes)
  if (reading.kind !== 'call') return null
  const time = believeTime(reading.call.ts, null, options.runStart, options.bounds)
  return 'reject' in time ? null : { at: time.at, requestId: reading.call.requestId }
}
