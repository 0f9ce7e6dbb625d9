import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { buildWeb } from '#src/web/server.ts'
import { type Given, given, type Overrides } from './given.ts'

const json = { 'content-type': 'application/json' }
const ndjson = { 'content-type': 'application/x-ndjson' }
const good = '{"status":200,"request_id":"r-1"}'
const bad = '{"status":"200"}'

async function post(
  overrides: Overrides,
  payload: string | Buffer,
  headers: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown>; made: Given }> {
  const made = given(overrides)
  const { app } = await buildWeb(made)
  const answer = await app.inject({ method: 'POST', url: '/v1/calls', payload, headers })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers, made }
}

const kept = (made: Given): string[] => made.appended.map((record) => Buffer.from(record.value).toString())

describe('what is accepted', () => {
  test.each([
    ['one object', good, json, 'object', [good]],
    ['one object over several lines', '{\n "status": 200\n}\n', json, 'object', ['{\n "status": 200\n}']],
    ['one object without a content type', good, {}, 'object', [good]],
    ['an array', `[${good} , {"status":404,"a":"],{\\"["}]`, json, 'array', [good, '{"status":404,"a":"],{\\"["}']],
    ['lines', `${good}\n\n${good}\r\n`, ndjson, 'ndjson', [good, good]],
    ['lines without a last newline', `${good}\n${good}`, { 'content-type': 'text/plain' }, 'ndjson', [good, good]],
    ['lines that call themselves json', `${good}\n${good}\n`, json, 'ndjson', [good, good]],
    ['a byte order mark', `\ufeff${good}`, json, 'object', [good]],
    ['gzip', gzipSync(`${good}\n`.repeat(3)), { ...ndjson, 'content-encoding': 'gzip' }, 'ndjson', [good, good, good]],
  ])('%s', async (_name, payload, headers, readAs, values) => {
    const { status, body, made } = await post({}, payload, headers)
    expect(status).toBe(202)
    expect(body).toEqual({ accepted: values.length, skipped: 0, rejected: [], read_as: readAs })
    expect(kept(made)).toEqual(values)
    expect(made.appended.map(({ key }) => key)).toEqual(made.appended.map(({ value }) => requestIdOf(value)))
  })

  test('records are kept byte for byte: numbers, repeated keys and __proto__ as they were sent', async () => {
    const odd = '{"status":200,"n":12345678901234567890.10,"__proto__":{"polluted":1},"a":1,"a":2}'
    const { status, made } = await post({}, `[${odd}]`, json)
    expect(status).toBe(202)
    expect(kept(made)).toEqual([odd])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('what a format skips is neither kept nor wrong', async () => {
    const { status, body, made } = await post({}, '[{"skip":1},{"skip":1}]', json)
    expect([status, body, made.appended]).toEqual([
      202,
      { accepted: 0, skipped: 2, rejected: [], read_as: 'array' },
      [],
    ])
  })

  test('a format of text takes every body as lines', async () => {
    const check: Overrides['check'] = () => ({ kind: 'call', call: {} as never })
    const { body, made } = await post({ encoding: 'text', check }, '[1.2.3.4 x\n{y\n', { 'content-type': 'text/plain' })
    expect(body).toMatchObject({ accepted: 2, read_as: 'lines' })
    expect(kept(made)).toEqual(['[1.2.3.4 x', '{y'])
  })
})

describe('bad records between good ones', () => {
  test('in an array', async () => {
    const { status, body, made } = await post({}, `[${good},${bad},7,,{"status":1 ,${good}}, ${good}]`, json)
    expect(status).toBe(202)
    expect(body).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, reason: 'wrong-shape', detail: 'status: expected 100 to 599' },
        { index: 2, reason: 'not-an-object' },
        { index: 3, reason: 'not-json' },
        { index: 4, reason: 'not-json' },
      ],
    })
    expect(kept(made)).toEqual([good, good])
    expect(made.rejectedReasons).toEqual(
      new Map([
        ['wrong-shape', 1],
        ['not-an-object', 1],
        ['not-json', 2],
      ]),
    )
  })

  test('in lines: a truncated one, wrong types, a status of 0, __proto__ instead of a field, bytes that are no UTF-8', async () => {
    const lines = [good, '{"status":2', bad, '{"status":0}', '{"__proto__":{"status":200}}', good]
    const body = Buffer.concat([Buffer.from(lines.join('\n')), Buffer.from('\n{"status":200,"a":"\xff"}', 'latin1')])
    const answer = await post({}, body, ndjson)
    expect(answer.status).toBe(202)
    expect(answer.body.rejected).toMatchObject([{ index: 1 }, { index: 2 }, { index: 3 }, { index: 4 }, { index: 6 }])
    expect(kept(answer.made)).toEqual([good, good])
  })

  test('a broken first line that calls itself json does not take the others along', async () => {
    const { body } = await post({}, `{"status":"2}\n${good}\n${good}`, json)
    expect(body).toMatchObject({ accepted: 2, rejected: [{ index: 0 }], read_as: 'ndjson' })
  })

  test('a record of 5 MB', async () => {
    const large = `{"status":200,"a":"${'x'.repeat(5_000_000)}"}`
    const { status, body, made } = await post({}, `[${good},${large},${good}]`, json)
    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 2, rejected: [{ index: 1, reason: 'too-large' }] })
    expect(kept(made)).toEqual([good, good])
  })

  test('only the first thousand are answered with their detail', async () => {
    const { body } = await post({}, `${good}\n${'x\n'.repeat(1_001)}`, ndjson)
    const rejected = body.rejected as { index: number; detail?: string }[]
    expect(rejected.length).toBe(1_001)
    expect(rejected.findIndex((one) => one.detail === undefined)).toBe(1_000)
  })
})

describe('what is refused as a whole, and leaves nothing behind', () => {
  const gzip = { ...ndjson, 'content-encoding': 'gzip' }
  const packed = gzipSync(`${good}\n`.repeat(100))
  const bomb = gzipSync(Buffer.alloc(30_000_000, '\n'))
  test.each<[string, Overrides, string | Buffer, Record<string, string>, number, string]>([
    ['all records bad', {}, `[${bad},7]`, json, 400, 'no-valid-record'],
    ['one truncated object', {}, '{"status":2', json, 400, 'no-valid-record'],
    ['an empty body', {}, '', json, 400, 'no-records'],
    ['blank lines', {}, '\n \r\n', ndjson, 400, 'no-records'],
    ['an empty array', {}, '[ ]', json, 400, 'no-records'],
    ['a truncated array', {}, `[${good},${good}`, json, 400, 'malformed-array'],
    ['an array cut inside a text', {}, `[${good},{"a":"b`, json, 400, 'malformed-array'],
    ['more behind an array', {}, `[${good}] ${good}`, json, 400, 'malformed-array'],
    ['an array that a brace ends', {}, `[${good}}`, json, 400, 'malformed-array'],
    ['a body above the limit', { limits: { bodyBytes: 10 } }, good, json, 413, 'body-too-large'],
    ['an only record above the limit', { limits: { recordBytes: 10 } }, good, json, 413, 'record-too-large'],
    ['too many records', { limits: { records: 2 } }, `${good}\n`.repeat(3), ndjson, 413, 'too-many-records'],
    ['gzip that unpacks to too much', { limits: { inflatedBytes: 100 } }, packed, gzip, 413, 'inflated-too-large'],
    ['a gzip bomb', {}, bomb, gzip, 413, 'inflated-too-large'],
    ['truncated gzip', {}, packed.subarray(0, -9), gzip, 400, 'malformed-gzip'],
    ['no gzip at all', {}, good, gzip, 400, 'malformed-gzip'],
    ['brotli', {}, good, { ...json, 'content-encoding': 'br' }, 415, 'unsupported-encoding'],
    ['a form', {}, good, { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported-media-type'],
    ['too far behind', { lag: () => 11, limits: { lagRecords: 10 } }, good, json, 429, 'lag-too-large'],
    ['a stream that fails', { append: () => Promise.reject(new Error('no')) }, good, json, 503, 'not-durable'],
  ])('%s', async (_name, overrides, payload, headers, status, code) => {
    const answer = await post(overrides, payload, headers)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.made.appended).toEqual([])
    expect(answer.made.waitingBytes).toBe(0)
    if (status === 429 || status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('all bad: each one is named, with its reason', async () => {
    const { body } = await post({}, `[${bad},7]`, json)
    expect(body.rejected).toMatchObject([
      { index: 0, reason: 'wrong-shape' },
      { index: 1, reason: 'not-an-object' },
    ])
  })
})

/** What a body that is sent again must be keyed by, so that it lands where the first one did. */
function requestIdOf(value: Uint8Array): string | null {
  return (JSON.parse(Buffer.from(value).toString()) as { request_id?: string }).request_id ?? null
}
