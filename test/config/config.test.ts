import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Config, jsonSchema, loadConfig, type Plugins, printConfig, problemText } from '#src/config.ts'
import { RANGE_LIMITS, RETRY } from '#src/stage/archive/options.ts'
import { DELIVER_LIMITS } from '#src/stage/deliver/limits.ts'
import { defaultLimits as kafkaLimits } from '#src/stream/kafka/options.ts'
import { defaultLimits } from '#src/web/options.ts'

const plugins: Plugins = {
  detectors: new Map([['error-burst', z.strictObject({ minCalls: z.int().min(1).default(20) })]]),
  sinks: new Map<string, z.ZodObject>([
    [
      'webhook',
      z.strictObject({
        name: z.string(),
        url: z.url(),
        secret: z.union([z.string().min(4), z.array(z.string())]),
        headers: z.record(z.string(), z.string()).default({}),
      }),
    ],
    ['file', z.strictObject({ path: z.string() })],
  ]),
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-config-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function written(text: string): string {
  const file = join(folder, `${++files}.txt`)
  writeFileSync(file, text)
  return file
}

function good(yaml: string, env: NodeJS.ProcessEnv = {}): Config {
  const loaded = loadConfig(written(yaml), env, plugins)
  if (loaded.kind === 'wrong') throw new Error(loaded.problems.map(problemText).join('\n'))
  return loaded.config
}

function problems(yaml: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  const loaded = loadConfig(written(yaml), env, plugins)
  return loaded.kind === 'wrong' ? loaded.problems.map(problemText) : []
}

const kafka = 'stream: {kind: kafka, brokers: ["a:9092"]}'

describe('without a file', () => {
  it('gives the embedded stream and store on this machine alone', () => {
    const loaded = loadConfig(null, {}, plugins)
    expect(loaded).toMatchObject({
      kind: 'loaded',
      config: {
        data: './data',
        shards: 16,
        tick: { seconds: 10, latenessSeconds: 60, idleSeconds: 10 },
        stream: { kind: 'sqlite' },
        store: { kind: 'embedded', retention: { callsDays: 30 } },
        http: { host: '127.0.0.1', port: 8080, tokens: [] },
        detectors: { 'error-burst': { enabled: true, minCalls: 20 } },
        sinks: [],
      },
    })
  })

  it('has the limits that the rooms have of their own', () => {
    const config = good(kafka)
    expect(config.http.limits).toEqual(defaultLimits)
    expect(config.archive).toEqual({ ...RANGE_LIMITS, ...RETRY })
    expect(config.deliver).toEqual(DELIVER_LIMITS)
    expect(config.stream).toMatchObject({ limits: kafkaLimits })
  })

  it('is frozen throughout', () => {
    const config = good('') as unknown as { tick: { seconds: number }; stages: string[] }
    expect(() => (config.tick.seconds = 1)).toThrow(TypeError)
    expect(() => config.stages.push('x')).toThrow(TypeError)
  })
})

describe('variables in the file', () => {
  it('take the type of the setting', () => {
    const config = good(
      'http: {port: "${PORT}", allowAnyone: "${ANY:-true}"}\nstore: {kind: server, url: "http://${HOST:-ch}:8123", password: "${PW}"}',
      { PORT: '81', PW: '123' },
    )
    expect(config.http).toMatchObject({ port: 81, allowAnyone: true })
    expect(config.store).toMatchObject({ url: 'http://ch:8123', password: '123' })
  })

  it('cannot add settings', () => {
    expect(good('data: "${D}"', { D: 'x\nshards: 1' })).toMatchObject({ data: 'x\nshards: 1', shards: 16 })
  })

  it('are taken as they are after a second dollar, and fall back where empty', () => {
    expect(good('data: "a$${B}"').data).toBe('a${B}')
    expect(good('data: "${B:-c}"', { B: '' }).data).toBe('c')
  })

  it('must be set', () => {
    expect(problems('data: "x${NOT_SET}"')).toEqual([
      '${NOT_SET}: expected the variable NOT_SET to be set, or ${NOT_SET:-default}',
    ])
    expect(problems('data: "${1}"')).toEqual(['${: expected ${NAME}, ${NAME:-default}, or $${ for the text itself'])
  })
})

describe('variables over the file', () => {
  it.each<[string, string, string, object]>([
    ['a number', 'TIDEMARK_HTTP__PORT', '9000', { http: { port: 9000 } }],
    ['a word of several', 'TIDEMARK_TICK__LATENESS_SECONDS', '30', { tick: { latenessSeconds: 30 } }],
    [
      'a detector',
      'TIDEMARK_DETECTORS__ERROR_BURST__ENABLED',
      'false',
      { detectors: { 'error-burst': { enabled: false } } },
    ],
    ['a list', 'TIDEMARK_STAGES', 'collect, judge', { stages: ['collect', 'judge'] }],
    [
      'a list as YAML',
      'TIDEMARK_SENSITIVE',
      '[{endpoint: "GET * /admin/**"}]',
      { sensitive: [{ endpoint: 'GET * /admin/**', weight: 4 }] },
    ],
    ['a text of digits', 'TIDEMARK_DATA', '42', { data: '42' }],
  ])('%s', (_case, name, value, expected) => {
    expect(good('http: {port: 1}\ntick: {latenessSeconds: 1}', { [name]: value })).toMatchObject(expected)
  })

  it('reach into unions and lists', () => {
    const env = { TIDEMARK_STREAM__KIND: 'kafka', TIDEMARK_STREAM__BROKERS: 'a:1,b:2', TIDEMARK_SINKS__0__PATH: '/x' }
    const config = good('sinks: [{name: f, kind: file, path: /y}]', env)
    expect(config.stream).toMatchObject({ kind: 'kafka', brokers: ['a:1', 'b:2'] })
    expect(config.sinks).toEqual([{ name: 'f', kind: 'file', path: '/x' }])
  })

  it('that name no setting are told; those that an orchestrator makes are left alone', () => {
    expect(problems('', { TIDEMARK_HTTP__PROT: '1' })).toEqual([
      'TIDEMARK_HTTP__PROT: expected the name of a setting, as TIDEMARK_HTTP__PORT',
    ])
    expect(problems('', { TIDEMARK_PORT: 'tcp://10.0.0.1:80', TIDEMARK_HTTP: 'x', TIDEMARK_CONFIG: 'y' })).toEqual([])
  })
})

describe('secrets', () => {
  it('come from files, by the file and by variables, without the last newline', () => {
    const secret = written('abcdef\n')
    const config = good(
      `${kafka.slice(0, -1)}, sasl: {mechanism: plain, username: u, passwordFile: ${secret}}}\nsinks: [{name: w, kind: webhook, url: "https://a.example"}]`,
      {
        TIDEMARK_SINKS__0__SECRET_FILE: secret,
      },
    )
    expect(config.stream).toMatchObject({ sasl: { password: 'abcdef' } })
    expect(config.sinks[0]).toMatchObject({ secret: 'abcdef' })
  })

  it('are either here or in a file, and the file must be there', () => {
    const sink = 'sinks: [{name: w, kind: webhook, url: "https://a.example", '
    expect(problems(`${sink} secret: abcd, secretFile: ${written('x')}}]`)).toEqual([
      expect.stringMatching(/^sinks\[0\]\.secretFile: .* expected only one of secret and secretFile$/),
    ])
    expect(problems(`${sink} secretFile: ${folder}/none}]`)).toEqual([
      expect.stringMatching(/^sinks\[0\]\.secretFile: .*a file that can be read \(ENOENT\)$/),
    ])
    expect(problems(`${sink} secretFile: ${written('x'.repeat(70_000))}}]`)).toEqual([
      expect.stringContaining('at most 65536 bytes'),
    ])
  })

  it('are never printed, and nothing else is hidden', () => {
    const text = printConfig(
      good(`${kafka.slice(0, -1)}, ssl: {enabled: true, key: PEMKEY}, sasl: {mechanism: plain, username: visible, password: hunter2}}
store: {kind: server, url: "https://ch.example:8443", password: hunter3}
http: {tokens: [{name: shown, sha256: ${'ab'.repeat(32)}, may: [read]}]}
sinks: [{name: w, kind: webhook, url: "https://hooks.example/services/T/SECRETPATH", secret: [hunter4], headers: {x-any: hunter5}}]`),
    )
    for (const hidden of ['PEMKEY', 'hunter', 'abab', 'SECRETPATH']) expect(text).not.toContain(hidden)
    for (const shown of [
      'visible',
      'shown',
      'a:9092',
      'https://ch.example:8443',
      'https://hooks.example/',
      'x-any',
      'shards: 16',
    ])
      expect(text).toContain(shown)
  })
})

describe('what is wrong', () => {
  it('is told all at once, with path, value and expectation', () => {
    const text = `
http: {port: eighty, host: 0.0.0.0}
htp: 1
tick: {seconds: 0}
log: {level: loud}
store: {kind: server}
sensitive: [{endpoint: everything}]
detectors: {error-burst: {minCals: 3}, no-such: {}}`
    expect([...problems(text)].sort()).toEqual([
      'detectors.error-burst.minCals: expected one of minCalls, enabled',
      'detectors.no-such: expected one of error-burst',
      'htp: expected one of data, stages, shards, tick, calls, stream, store, archive, deliver, http, budget, sensitive, detectors, sinks, limits, log',
      'http.port: "eighty" is not accepted; expected a whole number, 0 to 65535',
      'http.tokens: expected at least one token, or allowAnyone: true, because the address can be reached from other machines',
      'log.level: "loud" is not accepted; expected one of debug, info, warn, error',
      `sensitive[0].endpoint: "everything" is not accepted; expected 'METHOD service /route', where * stands for any text within a segment and ** for any rest`,
      'store.url: expected text',
      'tick.seconds: 0 is not accepted; expected a whole number, 1 to 300',
    ])
  })

  it.each([
    [
      'a kind that is not there',
      'stream: {kind: redis}',
      'stream.kind: "redis" is not accepted; expected one of sqlite, kafka',
    ],
    [
      'a sink of no known kind',
      'sinks: [{name: x, kind: fax}]',
      'sinks[0].kind: "fax" is not accepted; expected one of webhook, file',
    ],
    [
      'two sinks of one name',
      'sinks: [{name: f, kind: file, path: a}, {name: f, kind: file, path: b}]',
      'expected a different name for each sink',
    ],
    ['a list instead of settings', '[1]', 'expected a group of settings'],
    ['broken YAML', 'a: {', ':1:5: expected YAML'],
    ['the same key twice', 'data: a\ndata: b', ':2:1: expected YAML'],
  ])('%s', (_case, yaml, expected) => {
    expect(problems(yaml).join('\n')).toContain(expected)
  })

  it('never shows a secret', () => {
    const text = problems(
      `store: {kind: server, url: "http://u:hunter2@h/", password: [hunter3]}\npasword: hunter4\nsinks: [{name: w, kind: webhook, url: 1, secret: hun}]`,
    ).join('\n')
    expect(text).toContain('store.password: "(redacted)" is not accepted; expected text')
    expect(text).toContain('sinks[0].secret: "(redacted)" is not accepted')
    expect(text).not.toMatch(/hun/)
  })

  it('a file that is not there', () => {
    expect(loadConfig(join(folder, 'none.yaml'), {}, plugins)).toMatchObject({
      kind: 'wrong',
      problems: [{ expected: 'a file that can be read (ENOENT)' }],
    })
  })

  it('keys of the prototype are just unknown settings', () => {
    expect(problems('__proto__: {data: x}')).toEqual([expect.stringMatching(/^__proto__: expected one of data/)])
  })
})

it('the JSON Schema knows plug-ins, kinds and strictness', () => {
  const schema = JSON.stringify(jsonSchema(plugins))
  for (const part of ['"minCalls"', '"const":"webhook"', '"const":"kafka"', '"additionalProperties":false'])
    expect(schema).toContain(part)
})
