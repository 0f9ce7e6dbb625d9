import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MESSAGE_LIMIT, messageOf } from '#src/sink/message.ts'
import { toldOf } from '#test/fakes/alert.ts'
import { cloudEvent } from '#test/sink/ocsf.ts'

const options = { source: 'urn:tidemark:test', version: '0.1.0', consoleUrl: 'https://tidemark.example/console' }

test('a message is valid and small whatever a log put into the alert', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 6000 }), fc.string({ unit: 'grapheme', maxLength: 30 }))
  const name = fc.oneof(fc.constant(null), text)
  const alert = fc.record({
    detector: fc.constant('error-burst'),
    entity: fc.record({
      kind: fc.constantFrom('endpoint', 'identity', 'edge', 'service', 'origin'),
      service: name,
      method: name,
      route: name,
      identity: name,
    }),
    reason: text.map((found) => `r${found}`),
    silent_if: text,
    query: text,
    examples: fc.array(
      text.map((found) => `e${found}`),
      { maxLength: 20 },
    ),
    contributors: fc.array(fc.record({ name: text, share: fc.double({ min: 0, max: 1, noNaN: true }) })),
    observed: fc.dictionary(
      text.map((found) => `m${found}`),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      { minKeys: 1, maxKeys: 40 },
    ),
  })
  fc.assert(
    fc.property(alert, (changes) => {
      const message = messageOf(toldOf('a', 1, 'opened', changes), options)
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MESSAGE_LIMIT)
      cloudEvent.parse(JSON.parse(message))
    }),
    { numRuns: 200 },
  )
})
