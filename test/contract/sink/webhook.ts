import { webhookOptions, webhookSink } from '#src/sink/webhook.ts'
import type { SinkHarness } from '#test/contract/sinks.ts'
import { type Answer, FakeReceiver, hang, reset, status } from '#test/fakes/receiver.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const LOUD = 'internal error at hunter2'
const NOW = Date.parse('2026-11-22T09:30:00.000Z')

export function webhookHarness(): SinkHarness {
  const receiver = new FakeReceiver()
  const taken: string[] = []
  let closed = false
  /** Keeps the notice that it has just been sent, and answers. */
  const taking = (answer: Answer): Answer => {
    return (response, request) => {
      taken.push(receiver.seen.at(-1)?.body ?? '')
      answer(response, request)
    }
  }
  const reacts = (answer: Answer) => () => {
    receiver.answer = answer
  }
  receiver.answer = taking(status(204))
  return {
    async open(timeoutMs) {
      const url = `${await receiver.listen()}/hooks/T0PSECRET?key=hunter2`
      const headers = { authorization: 'Bearer hunter2' }
      const options = webhookOptions.parse({ name: 'siem', url, secret: SECRET, timeoutMs, headers })
      return webhookSink(options, { now: () => NOW, version: '0.0.0', source: 'urn:tidemark:test' })
    },
    behaviours: {
      'takes it': reacts(taking(status(200, {}, LOUD))),
      'refuses this notice': reacts(status(400, {}, LOUD)),
      'finds it too large': reacts(status(413, {}, LOUD)),
      'wants nothing more': reacts(status(410, {}, LOUD)),
      'is busy for 7 seconds': reacts(status(429, { 'retry-after': '7' }, LOUD)),
      'is busy until 7 seconds from now': reacts(status(429, { 'retry-after': 'Sun, 22 Nov 2026 09:30:07 GMT' }, LOUD)),
      fails: reacts(status(500, {}, LOUD)),
      'refuses the credentials': reacts(status(401, { 'www-authenticate': LOUD }, LOUD)),
      'redirects elsewhere': () => {
        const elsewhere = `${receiver.url}/elsewhere`
        receiver.answer = (response, request) => {
          if (request.url === '/elsewhere') taking(status(200))(response, request)
          else status(307, { location: elsewhere })(response, request)
        }
      },
      'takes it and then hangs': reacts(taking(hang)),
      hangs: reacts(hang),
      'resets the connection': reacts(reset),
      'is not there': async () => {
        closed = true
        await receiver.close()
      },
    },
    taken: () => taken,
    secrets: [SECRET, SECRET.slice(6), 'T0PSECRET', 'hunter2', '127.0.0.1'],
    dispose: async () => {
      if (!closed) await receiver.close()
    },
  }
}
