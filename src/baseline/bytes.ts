/** Appends numbers and texts to a growing buffer. */
export class ByteWriter {
  #bytes: Buffer
  #at = 0

  constructor(capacity = 4096) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#at
  }

  /** An unsigned integer up to 2^53 - 1, seven bits a byte, lowest first. */
  varint(value: number): void {
    this.#room(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
  }

  /** A signed integer as an unsigned one (zigzag). */
  signed(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  double(value: number): void {
    this.#room(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  text(value: string): void {
    const most = value.length * 3
    this.#room(most + 8)
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.#at += this.#bytes.write(value, this.#at, 'utf8')
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** A copy of what was written; the writer starts again. */
  take(): Uint8Array {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at))
    this.#at = 0
    return taken
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** A record of ours that does not read: written by another version, or not by Tidemark. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

/** Reads what `ByteWriter` wrote; throws `Malformed` beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i += 1) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Malformed('ends within a number')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new Malformed('a number of more than 8 bytes')
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  double(): number {
    this.#need(8)
    const value = this.#bytes.readDoubleLE(this.#at)
    this.#at += 8
    return value
  }

  text(): string {
    const length = this.varint()
    this.#need(length)
    const value = this.#bytes.toString('utf8', this.#at, this.#at + length)
    this.#at += length
    return value
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    this.#need(length)
    const view = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return view
  }

  #need(length: number): void {
    if (this.#at + length > this.#bytes.length)
      throw new Malformed(`ends ${this.#at + length - this.#bytes.length} bytes early`)
  }
}
