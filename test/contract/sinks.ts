import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Delivery, Sink } from '#src/sink/sink.ts'
import { toldOf } from '#test/fakes/alert.ts'

/** What a receiver may do. A kind of sink whose receivers never do something leaves it out. */
export type Behaviour =
  | 'takes it'
  | 'refuses this notice'
  | 'finds it too large'
  | 'wants nothing more'
  | 'is busy for 7 seconds'
  | 'is busy until 7 seconds from now'
  | 'fails'
  | 'refuses the credentials'
  | 'redirects elsewhere'
  | 'takes it and then hangs'
  | 'hangs'
  | 'resets the connection'
  | 'is not there'

export interface SinkHarness {
  /** A sink whose receiver takes everything; attempts end after `timeoutMs`. */
  open(timeoutMs: number): Promise<Sink>
  readonly behaviours: Partial<Record<Behaviour, () => void | Promise<void>>>
  /** What the receiver has taken so far: one text an attempt, with the alert's id in it. */
  taken(): readonly string[]
  /** Whatever must never be in a reason: secrets, the URL's path, what the receiver wrote. */
  readonly secrets: readonly string[]
  dispose(): Promise<void>
}

const EXPECTED: readonly (readonly [Behaviour, Partial<Delivery>, boolean])[] = [
  ['takes it', { kind: 'delivered' }, true],
  ['refuses this notice', { kind: 'rejected' }, false],
  ['finds it too large', { kind: 'rejected' }, false],
  ['wants nothing more', { kind: 'disabled' }, false],
  ['is busy for 7 seconds', { kind: 'retry', afterMs: 7000 }, false],
  ['is busy until 7 seconds from now', { kind: 'retry', afterMs: 7000 }, false],
  ['fails', { kind: 'retry', afterMs: null }, false],
  ['refuses the credentials', { kind: 'retry', afterMs: null }, false],
  ['redirects elsewhere', { kind: 'retry', afterMs: null }, false],
  ['takes it and then hangs', { kind: 'retry', status: null, afterMs: null }, true],
  ['hangs', { kind: 'retry', status: null, afterMs: null }, false],
  ['resets the connection', { kind: 'retry', status: null, afterMs: null }, false],
  ['is not there', { kind: 'retry', status: null, afterMs: null }, false],
]

/** For receivers that never answer. The others get all the time that a busy machine may need. */
const SHORT_MS = 2000
const LONG_MS = 30_000

/** Holds one kind of sink to the promises of `Sink`. */
export function sinkContract(name: string, make: () => SinkHarness): void {
  describe(`sink: ${name}`, () => {
    let harness: SinkHarness
    let sink: Sink | undefined

    beforeEach(() => {
      harness = make()
    })
    afterEach(async () => {
      await sink?.close()
      await harness.dispose()
    })

    const supported = make().behaviours
    for (const [behaviour, delivery, taken] of EXPECTED.filter(([name]) => supported[name] !== undefined))
      test(`a receiver that ${behaviour}`, async () => {
        sink = await harness.open(behaviour.endsWith('hangs') ? SHORT_MS : LONG_MS)
        await harness.behaviours[behaviour]?.()
        const outcome = await sink.deliver(toldOf('abc'), new AbortController().signal)
        expect(outcome).toMatchObject(delivery)
        expect(harness.taken().some((text) => text.includes('abc'))).toBe(taken)
        expectNoSecrets(outcome, harness.secrets)
      })

    test('an attempt ends when it is aborted', async () => {
      sink = await harness.open(LONG_MS)
      await harness.behaviours.hangs?.()
      const abort = new AbortController()
      const outcome = sink.deliver(toldOf('abc'), abort.signal)
      setImmediate(() => abort.abort(new Error('hidden')))
      expect(await outcome).toMatchObject({ kind: 'retry', status: null })
      expectNoSecrets(await outcome, [...harness.secrets, 'hidden'])
    })

    test('an attempt that is aborted before it starts sends nothing', async () => {
      sink = await harness.open(LONG_MS)
      expect(await sink.deliver(toldOf('abc'), AbortSignal.abort())).toMatchObject({ kind: 'retry', status: null })
      expect(harness.taken()).toEqual([])
    })

    test('several at once', async () => {
      sink = await harness.open(LONG_MS)
      const { signal } = new AbortController()
      const ids = Array.from({ length: 20 }, (_, n) => `alert-${n}-`)
      const outcomes = await Promise.all(ids.map((id) => sink!.deliver(toldOf(id), signal)))
      expect(outcomes.map(({ kind }) => kind)).toEqual(ids.map(() => 'delivered'))
      for (const id of ids) expect(harness.taken().filter((text) => text.includes(id))).toHaveLength(1)
    })

    if (supported.fails !== undefined)
      test('it works again once the receiver does', async () => {
        sink = await harness.open(LONG_MS)
        const { signal } = new AbortController()
        await harness.behaviours.fails?.()
        expect(await sink.deliver(toldOf('abc'), signal)).toMatchObject({ kind: 'retry' })
        await harness.behaviours['takes it']?.()
        expect(await sink.deliver(toldOf('abc'), signal)).toMatchObject({ kind: 'delivered' })
      })

    test('text from a log does no harm', async () => {
      sink = await harness.open(LONG_MS)
      const evil = '\u001b[2J\r\nwebhook-id: x\u202e"\u0000\ud800'
      const entity = { kind: 'identity', service: evil, method: evil, route: evil, identity: evil } as const
      const record = toldOf('abc', 1, 'opened', {
        reason: evil,
        entity,
        examples: [evil],
        query: evil,
        silent_if: evil,
      })
      expect(await sink.deliver(record, new AbortController().signal)).toMatchObject({ kind: 'delivered' })
      for (const text of harness.taken())
        expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}|\\u00(?:00|1b)|\\u202e|\\r/u)
    })

    test('it says what it is', async () => {
      sink = await harness.open(LONG_MS)
      expect(sink.name).toMatch(/^[a-z0-9-]+$/)
      expect(sink.kind).toMatch(/^[a-z]+$/)
    })
  })
}

function expectNoSecrets(outcome: Delivery, secrets: readonly string[]): void {
  const reason = 'reason' in outcome ? outcome.reason : ''
  expect(reason.length).toBeLessThan(300)
  for (const secret of secrets) expect(reason).not.toContain(secret)
}
