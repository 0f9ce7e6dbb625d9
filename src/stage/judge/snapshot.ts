import { ByteReader, type ByteWriter, Malformed } from '#src/baseline/bytes.ts'
import type { Known } from '#src/baseline/kind.ts'
import { ADMITTED, NEXT, type ScopePlan } from '#src/detection/plan.ts'
import type { Setting } from '#src/detection/subject.ts'
import { ACCUMULATOR_WIDTH } from '#src/detection/surprise.ts'
import { admit } from '#src/detection/watch.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import { peerSlotsOf } from './peers.ts'
import type { Entity } from './shard.ts'

/** Of an entity. 1 and 2 had another order of an accumulator's numbers: measures are kept, accumulators begin anew. */
const VERSION = 3
const PEERS_VERSION = 1
const KNOWN_VERSION = 1

/**
 * One entity's settled state as it lies in the state topic. Measures and detectors are named, so that an upgrade that adds or
 * drops one keeps what the others have learned.
 */
export function writeEntity(out: ByteWriter, plan: ScopePlan, entity: Entity): Uint8Array {
  const { numbers, bins, width, binsWidth } = entity.rows
  const base = entity.row * width
  out.varint(VERSION)
  out.double(numbers[base + ADMITTED] as number)
  out.double(numbers[base + NEXT] as number)
  out.varint(plan.slots.length)
  for (const slot of plan.slots) {
    out.text(slot.name)
    out.varint(slot.kind.width)
    writeDoubles(out, numbers, base + slot.at, slot.kind.width)
    writeBins(out, bins, entity.row * binsWidth + slot.binsAt, slot.kind.binsWidth)
  }
  out.varint(plan.watches.length)
  for (const watch of plan.watches) {
    out.text(watch.detector.name)
    out.varint(plan.watchWidth)
    writeDoubles(out, numbers, base + watch.at, plan.watchWidth)
    const sample = entity.examples[watch.index] as readonly Sampled[]
    out.varint(sample.length)
    for (const { rank, id, who } of sample) {
      out.signed(rank)
      out.text(id)
      out.text(who)
    }
  }
  return out.take()
}

/** Gives an entity its state back. What the snapshot does not hold starts as it would for a new entity. Throws `Malformed`. */
export function readEntity(bytes: Uint8Array, setting: Setting, entity: Entity): void {
  const reader = new ByteReader(bytes)
  const version = reader.varint()
  if (!(version >= 1 && version <= VERSION)) throw new Malformed('an entity of another version')
  const { plan } = setting
  const { numbers, bins, width, binsWidth } = entity.rows
  const admittedAt = reader.double()
  const next = reader.double()
  const base = entity.row * width
  // A measure or a detector that is new here begins where the entity stands: it has not seen the days before.
  admit(setting, entity, next)
  numbers[base + ADMITTED] = admittedAt
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = reader.text()
    const length = reader.varint()
    const slot = plan.slots.find((one) => one.name === name && one.kind.width === length)
    readDoubles(reader, slot === undefined ? null : numbers, base + (slot?.at ?? 0), length)
    readBins(reader, bins, entity.row * binsWidth + (slot?.binsAt ?? 0), slot?.kind.binsWidth ?? 0)
  }
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = reader.text()
    const length = reader.varint()
    const isKnown = version === VERSION && length >= ACCUMULATOR_WIDTH
    const watch = isKnown ? plan.watches.find((one) => one.detector.name === name) : undefined
    // Where there are other contexts than there were, what the old ones had added up is passed over.
    const kept = length === plan.watchWidth ? length : Math.min(length, ACCUMULATOR_WIDTH)
    readDoubles(reader, watch === undefined ? null : numbers, base + (watch?.at ?? 0), kept)
    readDoubles(reader, null, 0, length - kept)
    const sample: Sampled[] = []
    for (let more = reader.varint(); more > 0; more -= 1) {
      sample.push({ rank: reader.signed(), id: reader.text(), who: reader.text() })
    }
    if (watch !== undefined) entity.examples[watch.index] = sample
  }
}

/** What peers have in common, each measure with its name, for the same reason. */
export function writePeers(out: ByteWriter, plan: ScopePlan, row: Float64Array): Uint8Array {
  out.varint(PEERS_VERSION)
  const slots = peerSlotsOf(plan)
  out.varint(slots.length)
  for (const { slot, common, at } of slots) {
    out.text(slot.name)
    out.varint(common.width)
    writeDoubles(out, row, at, common.width)
  }
  return out.take()
}

/** Fills a row of peers, which knows nothing yet. Throws `Malformed`. */
export function readPeers(bytes: Uint8Array, plan: ScopePlan, row: Float64Array): void {
  const reader = new ByteReader(bytes)
  if (reader.varint() !== PEERS_VERSION) throw new Malformed('peers of another version')
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = reader.text()
    const length = reader.varint()
    const found = peerSlotsOf(plan).find(({ slot, common }) => slot.name === name && common.width === length)
    readDoubles(reader, found === undefined ? null : row, found?.at ?? 0, length)
  }
}

/** What peers know of one name. */
export function writeKnown(out: ByteWriter, { oldFrom, met }: Known): Uint8Array {
  out.varint(KNOWN_VERSION)
  out.double(oldFrom)
  out.varint(met)
  return out.take()
}

/** Throws `Malformed`. */
export function readKnown(bytes: Uint8Array): Known {
  const reader = new ByteReader(bytes)
  if (reader.varint() !== KNOWN_VERSION) throw new Malformed('a known name of another version')
  return { oldFrom: reader.double(), met: reader.varint() }
}

function writeDoubles(out: ByteWriter, numbers: Float64Array, at: number, length: number): void {
  out.raw(new Uint8Array(numbers.buffer, numbers.byteOffset + at * 8, length * 8))
}

function readDoubles(reader: ByteReader, numbers: Float64Array | null, at: number, length: number): void {
  const raw = reader.raw(length * 8)
  if (numbers !== null) new Uint8Array(numbers.buffer, numbers.byteOffset + at * 8, length * 8).set(raw)
}

/** Bins that hold something: how many, then the distance to the one before and the count of each. */
function writeBins(out: ByteWriter, bins: Uint16Array, at: number, length: number): void {
  let filled = 0
  for (let i = 0; i < length; i += 1) if (bins[at + i] !== 0) filled += 1
  out.varint(filled)
  let before = 0
  for (let i = 0; i < length; i += 1) {
    const count = bins[at + i] as number
    if (count === 0) continue
    out.varint(i - before)
    out.varint(count)
    before = i
  }
}

function readBins(reader: ByteReader, bins: Uint16Array, at: number, length: number): void {
  let bin = 0
  for (let left = reader.varint(); left > 0; left -= 1) {
    bin += reader.varint()
    const count = reader.varint()
    if (bin < length) bins[at + bin] = count
  }
}
