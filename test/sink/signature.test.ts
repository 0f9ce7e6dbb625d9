import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { keyOf, signatureOf } from '#src/sink/signature.ts'

const OLD = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
const NEW = `whsec_${Buffer.alloc(64, 2).toString('base64')}`

describe('the signature', () => {
  test('is that of the test vector', () => {
    const key = keyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
    expect(signatureOf([key!], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    )
  })

  test('is verified by a receiver that holds the old secret, and by one that holds the new one', () => {
    const seconds = Math.floor(Date.now() / 1000)
    const body = JSON.stringify({ text: 'Grüße 漢' })
    const headers = {
      'webhook-id': 'a_1',
      'webhook-timestamp': String(seconds),
      'webhook-signature': signatureOf([keyOf(OLD)!, keyOf(NEW)!], 'a_1', seconds, body),
    }
    for (const secret of [OLD, NEW]) expect(new Webhook(secret).verify(body, headers)).toEqual({ text: 'Grüße 漢' })
    const other = `whsec_${Buffer.alloc(24, 3).toString('base64')}`
    expect(() => new Webhook(other).verify(body, headers)).toThrow()
    expect(() => new Webhook(OLD).verify(`${body} `, headers)).toThrow()
  })
})

test.each([
  ['', false],
  ['whsec_', false],
  [OLD, true],
  [NEW, true],
  [OLD.slice(6), false],
  [`whsec_${Buffer.alloc(23).toString('base64')}`, false],
  [`whsec_${Buffer.alloc(65).toString('base64')}`, false],
  [`${OLD}\n`, false],
  [`whsec_${'*'.repeat(32)}`, false],
])('whether %j is a secret: %s', (secret, good) => {
  expect(keyOf(secret) !== null).toBe(good)
})
