import type { EpochMs } from '#src/call/call.ts'
import { hashText } from '#src/call/hash.ts'
import { RANK_MOST, REGISTERS } from '#src/sketch/distinct.ts'
import { SIZE_BINS } from '#src/sketch/logbins.ts'
import { comesBefore, NAMED_SIZE, type Named } from '#src/sketch/named.ts'
import { SAMPLE_SIZE, type Sampled } from '#src/sketch/sample.ts'
import { ByteReader, ByteWriter, Malformed } from './bytes.ts'
import type { Pairs } from './kind.ts'
import type { Counted, Layout } from './measure.ts'
import { type Shape, shapeOf, translate } from './shape.ts'
import { NO_NAMES, NO_PAIRS, NO_SAMPLE, type Tally } from './tally.ts'

const MAGIC = 0x54
const VERSION = 4
/** What stands in a piece: the tally of an endpoint (1), of an identity (2), or this; 0 ends it. */
const ANNOUNCEMENT = 3
/** A block is cut into pieces of about this many bytes. */
export const PIECE_BYTES = 512 * 1024

/** What one source says of its own event time. */
export interface Watermark {
  readonly source: string
  /** How many sources there are: event time moves only when all have spoken. */
  readonly sources: number
  /** All ticks that end at or before this have been sent. `-Infinity`: nothing read yet. */
  readonly at: EpochMs
  /**
   * The stream's time at which the source was found quiet; `null`: it is not quiet. `Infinity`: it has ended, or has no calls, or calls
   * far older than their records, so that the stream's time does not say how event time goes on.
   */
  readonly idleAt: EpochMs | null
}

/** One entity's counts of one tick, on the way from collect to judge. */
export interface TallyEntry {
  /** Which shard owns it. */
  readonly shard: number
  readonly scope: Counted
  /** Its name within the scope, as `keyOf` makes it. */
  readonly key: string
  readonly tick: number
  readonly tally: Tally
}

/** An endpoint that a source has never heard of before: every shard is told, so that all know how old it is. */
export interface Announcement {
  readonly key: string
  /** The tick of its first call. */
  readonly tick: number
}

/** One piece of a block. Only the last piece carries the watermark and what was heard. */
export interface Block {
  readonly watermark: Watermark | null
  /** The ticks of all calls that were counted, of whatever entity and partition; ascending. */
  readonly heard: readonly number[]
  readonly entries: readonly TallyEntry[]
  readonly announced: readonly Announcement[]
}

/** Writes the tallies of one commit after the other for one partition: one piece or more each, the last with the watermark. */
export class BlockWriter {
  readonly #layouts: Readonly<Record<Counted, Layout>>
  readonly #out = new ByteWriter(64 * 1024)
  readonly #texts = new Map<string, number>()
  /** The calls that the tally in hand has named so far: most of its examples are the same few. */
  readonly #ids: string[] = []
  #pieces: Uint8Array[] = []

  constructor(layouts: Readonly<Record<Counted, Layout>>) {
    this.#layouts = layouts
    this.#start()
  }

  add(shard: number, scope: Counted, key: string, tick: number, tally: Tally): void {
    const out = this.#out
    this.#ids.length = 0
    out.varint(scope === 'endpoint' ? 1 : 2)
    out.varint(shard)
    this.#text(key)
    out.signed(tick)
    for (const integer of tally.integers) out.varint(integer)
    for (const pairs of tally.pairs) {
      out.varint(pairs.length / 2)
      for (const number of pairs) out.varint(number)
    }
    for (const names of tally.names) {
      out.varint(names.length)
      for (const { name, count, example } of names) {
        this.#text(name)
        out.varint(count)
        this.#id(example)
      }
    }
    for (const sample of tally.samples) this.#sample(sample)
    this.#cut()
  }

  announce({ key, tick }: Announcement): void {
    this.#out.varint(ANNOUNCEMENT)
    this.#text(key)
    this.#out.signed(tick)
    this.#cut()
  }

  /** Ends the block, and begins the next. `heard`: the ticks of all calls that were counted for any partition, ascending. */
  finish(watermark: Watermark, heard: readonly number[]): readonly Uint8Array[] {
    const out = this.#out
    out.varint(0)
    out.varint(1)
    out.text(watermark.source)
    out.varint(watermark.sources)
    out.double(watermark.at)
    out.double(watermark.idleAt ?? Number.NaN)
    out.varint(heard.length)
    heard.forEach((tick, i) => {
      if (i === 0) out.signed(tick)
      else out.varint(tick - (heard[i - 1] as number))
    })
    const pieces = [...this.#pieces, out.take()]
    this.#pieces = []
    this.#start()
    return pieces
  }

  /** Ends the piece where it is large enough. */
  #cut(): void {
    const out = this.#out
    if (out.length < PIECE_BYTES) return
    out.varint(0)
    out.varint(0)
    this.#pieces.push(out.take())
    this.#start()
  }

  #start(): void {
    this.#texts.clear()
    this.#out.varint(MAGIC)
    this.#out.varint(VERSION)
    this.#out.text(this.#layouts.endpoint.signature)
    this.#out.text(this.#layouts.identity.signature)
  }

  #sample(sample: readonly Sampled[]): void {
    this.#out.varint(sample.length)
    for (const one of sample) {
      this.#out.signed(one.rank)
      this.#id(one.id)
      this.#text(one.who)
    }
  }

  /** A call of the tally in hand: 0 and its id where it is named first, its number + 1 afterwards. */
  #id(value: string): void {
    const known = this.#ids.indexOf(value)
    this.#out.varint(known + 1)
    if (known >= 0) return
    this.#ids.push(value)
    this.#out.text(value)
  }

  /** A text of the piece's dictionary: 0 and the text at its first use, its number + 1 afterwards. */
  #text(value: string): void {
    const known = this.#texts.get(value)
    if (known !== undefined) {
      this.#out.varint(known + 1)
      return
    }
    this.#texts.set(value, this.#texts.size)
    this.#out.varint(0)
    this.#out.text(value)
  }
}

/** What the writer of a piece counted, and whether that is what is counted here. */
interface Written extends Shape {
  readonly isOurs: boolean
}

function writtenIn(reader: ByteReader, layout: Layout): Written {
  const signature = reader.text()
  return { ...shapeOf(signature, layout.scope), isOurs: signature === layout.signature }
}

/** Reads one piece, also of a process with other detectors. Throws `Malformed` for anything that no Tidemark of this version wrote. */
export function readBlock(bytes: Uint8Array, layouts: Readonly<Record<Counted, Layout>>): Block {
  const reader = new ByteReader(bytes)
  if (reader.varint() !== MAGIC || reader.varint() !== VERSION) throw new Malformed(`not a block of version ${VERSION}`)
  const written = { endpoint: writtenIn(reader, layouts.endpoint), identity: writtenIn(reader, layouts.identity) }
  const texts: string[] = []
  const ids: string[] = []
  const text = (): string => readText(reader, texts)
  const id = (): string => readText(reader, ids)
  const entries: TallyEntry[] = []
  const announced: Announcement[] = []
  for (let tag = reader.varint(); tag !== 0; tag = reader.varint()) {
    if (tag > ANNOUNCEMENT) throw new Malformed(`an entity of kind ${tag}`)
    if (tag === ANNOUNCEMENT) {
      announced.push({ key: text(), tick: reader.signed() })
      continue
    }
    const shard = reader.varint()
    const scope: Counted = tag === 1 ? 'endpoint' : 'identity'
    const key = text()
    const tick = reader.signed()
    const shape = written[scope]
    ids.length = 0
    const tally = readTally(reader, shape, text, id)
    entries.push({ shard, scope, key, tick, tally: shape.isOurs ? tally : translate(tally, shape, layouts[scope]) })
  }
  if (reader.varint() === 0) return { watermark: null, heard: [], entries, announced }
  const source = reader.text()
  const sources = reader.varint()
  const at = reader.double()
  const idleAt = reader.double()
  // Compared with anything it is false: event time would never be right again.
  if (Number.isNaN(at)) throw new Malformed('a watermark that is no number')
  const watermark = { source, sources, at, idleAt: Number.isNaN(idleAt) ? null : idleAt }
  return { watermark, heard: readHeard(reader), entries, announced }
}

function readHeard(reader: ByteReader): readonly number[] {
  const heard: number[] = []
  for (let left = reader.varint(); left > 0; left -= 1) {
    const last = heard.at(-1)
    heard.push(last === undefined ? reader.signed() : last + reader.varint())
  }
  return heard
}

/** A text that stands there, or the number of one that stood there before. */
function readText(reader: ByteReader, texts: string[]): string {
  const number = reader.varint()
  if (number > 0) {
    const known = texts[number - 1]
    if (known === undefined) throw new Malformed('names a text that it does not hold')
    return known
  }
  const fresh = reader.text()
  texts.push(fresh)
  return fresh
}

/** All lists have just the room that they need: a tally waits for lateness to pass, and there are many. */
function readTally(reader: ByteReader, written: Written, text: () => string, id: () => string): Tally {
  const integers = new Array<number>(written.integers)
  for (let i = 0; i < integers.length; i += 1) integers[i] = reader.varint()
  const pairs = written.pairs.map((rule) => readPairs(reader, rule))
  const names = new Array<readonly Named[]>(written.names)
  for (let i = 0; i < names.length; i += 1) names[i] = readNames(reader, text, id)
  const samples = written.samples.map(() => readSample(reader, text, id))
  return { integers, pairs, names, samples }
}

function readSample(reader: ByteReader, text: () => string, id: () => string): readonly Sampled[] {
  const length = lengthOf(reader, SAMPLE_SIZE)
  if (length === 0) return NO_SAMPLE
  const sample = new Array<Sampled>(length)
  for (let i = 0; i < length; i += 1) sample[i] = { rank: reader.signed(), id: id(), who: text() }
  return sample
}

function readPairs(reader: ByteReader, rule: Pairs): readonly number[] {
  // Histograms lie side by side: a bin too far is a bin of another entity.
  const places = rule === 'bins' ? SIZE_BINS : REGISTERS
  const length = lengthOf(reader, places)
  if (length === 0) return NO_PAIRS
  const pairs = new Array<number>(2 * length)
  for (let i = 0; i < pairs.length; i += 2) {
    const place = reader.varint()
    if (place >= places) throw new Malformed(`${rule}: there is no number ${place}`)
    const value = reader.varint()
    if (rule === 'registers' && value > RANK_MOST) throw new Malformed(`a register of rank ${value}`)
    pairs[i] = place
    pairs[i + 1] = value
  }
  return pairs
}

function readNames(reader: ByteReader, text: () => string, id: () => string): readonly Named[] {
  const length = lengthOf(reader, NAMED_SIZE)
  if (length === 0) return NO_NAMES
  const names = new Array<Named>(length)
  for (let i = 0; i < length; i += 1) {
    const name = text()
    const one = { hash: hashText(name), name, count: reader.varint(), example: id() }
    if (i > 0 && !comesBefore(names[i - 1] as Named, one.hash, name)) throw new Malformed('names out of order')
    names[i] = one
  }
  return names
}

function lengthOf(reader: ByteReader, most: number): number {
  const length = reader.varint()
  if (length > most) throw new Malformed(`a list of ${length}; at most ${most} are kept`)
  return length
}
