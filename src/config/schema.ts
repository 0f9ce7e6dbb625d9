import * as z from 'zod'
import { archive, deliver } from './stages-schema.ts'
import { store } from './store-schema.ts'
import { stream } from './stream-schema.ts'

/** What the configured detectors and sinks accept, by name and by kind. Their settings are checked by their own schemas. */
export interface Plugins {
  readonly detectors: ReadonlyMap<string, z.ZodObject>
  readonly sinks: ReadonlyMap<string, z.ZodObject>
}

const stages = ['collect', 'judge', 'archive', 'deliver'] as const
const megabyte = 1024 * 1024

const tick = z.strictObject({
  seconds: z
    .int()
    .min(1)
    .max(300)
    .default(10)
    .describe('Length of a tick, the smallest span of event time counted separately'),
  latenessSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(60)
    .describe('How far out of order a call may arrive and still be judged'),
  checkpointSeconds: z
    .int()
    .min(10)
    .max(3600)
    .default(60)
    .describe('Event time between two checkpoints: what is judged again after a crash'),
  idleSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(10)
    .describe('After so much silence a source no longer holds event time back'),
})

const calls = z.strictObject({
  format: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name of a folder in schemas/')
    .default('native')
    .describe('Format of the records'),
  topic: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, 'a topic name')
    .default('api-calls')
    .describe('Topic with the calls; its records may have any key'),
  futureSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('How far ahead of its append time a call may be dated'),
  pastDays: z.int().min(1).max(365).default(30).describe('How far behind its append time a call may be dated'),
  maxRecordBytes: z
    .int()
    .min(1024)
    .max(16 * megabyte)
    .default(megabyte)
    .describe('Larger records become dead letters'),
})

const token = z.strictObject({
  name: z.string().min(1).max(64).describe('Shown in the log'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits, the SHA-256 of the token')
    .describe('SHA-256 of the bearer token; the token itself is never configured'),
  may: z
    .array(z.enum(['ingest', 'read']))
    .min(1)
    .describe('What its bearer may do'),
})

const httpLimits = z.strictObject({
  bodyBytes: z
    .int()
    .min(1024)
    .default(8 * megabyte)
    .describe('Bytes of a body as sent'),
  inflatedBytes: z
    .int()
    .min(1024)
    .default(64 * megabyte)
    .describe('Bytes of a gzip body once unpacked'),
  inflateRatio: z.int().min(1).default(100).describe('Unpacked bytes for each packed byte'),
  recordBytes: z.int().min(1024).default(megabyte).describe('Bytes of one record'),
  records: z.int().min(1).default(50_000).describe('Records of one body'),
  waitingBytes: z
    .int()
    .min(1024)
    .default(128 * megabyte)
    .describe('Bytes of all bodies that are not durable yet; beyond it 429'),
  waitingRequests: z.int().min(1).default(256).describe('Requests that are not durable yet; beyond it 429'),
  lagRecords: z.int().min(1).default(2_000_000).describe('Records that detection may be behind; beyond it 429'),
  reads: z.int().min(1).default(16).describe('Queries of the store at once'),
  readMs: z.int().min(100).default(10_000).describe('Milliseconds until a query of the store is given up'),
  appendMs: z.int().min(100).default(30_000).describe('Milliseconds that a sender waits for durability'),
  requestMs: z.int().min(1000).default(60_000).describe('Milliseconds within which a whole request must have arrived'),
  headerBytes: z
    .int()
    .min(1024)
    .max(megabyte)
    .default(16 * 1024)
    .describe('Bytes of all headers of a request'),
  connections: z.int().min(1).default(1000).describe('Open connections'),
  closeMs: z.int().min(0).default(10_000).describe('Milliseconds that requests under way have to finish at shutdown'),
})

const http = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
    port: z.int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes any free one'),
    hosts: z
      .array(z.string().min(1))
      .max(100)
      .default([])
      .describe('Further host names under which the server may be asked'),
    tokens: z
      .array(token)
      .max(100)
      .default([])
      .describe('Bearer tokens by their hash; none: everybody who reaches the server may do everything'),
    allowAnyone: z.boolean().default(false).describe('Needed to listen beyond this machine without tokens'),
    limits: httpLimits.prefault({}),
  })
  .refine(isGuarded, {
    when: ({ value }) => typeof (value as { host?: unknown } | undefined)?.host === 'string',
    path: ['tokens'],
    error: 'at least one token, or allowAnyone: true, because the address can be reached from other machines',
  })

function isGuarded(http: { host: string; tokens: readonly unknown[]; allowAnyone: boolean }): boolean {
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(http.host)
  return isLoopback || http.tokens.length > 0 || http.allowAnyone
}

const sensitive = z.strictObject({
  endpoint: z
    .string()
    .max(2048)
    .regex(
      /^(\*|[A-Z]+(,[A-Z]+)*) \S+ \/\S*$/,
      "'METHOD service /route', where * stands for any text within a segment and ** for any rest",
    )
    .describe('METHOD service /route, with * and ** as wildcards: `GET payments /v1/accounts/**`'),
  weight: z
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('Share of the alert budget, as a multiple of an ordinary endpoint'),
})

const entities = z.int().min(1).max(1_000_000)

const limits = z.strictObject({
  endpointsPerShard: entities
    .default(4096)
    .describe('Endpoints with a baseline of their own, and as many services; the rest share one'),
  identitiesPerShard: entities.default(65_536).describe('Identities with a baseline of their own; the rest share one'),
  openTallies: z
    .int()
    .min(1000)
    .default(500_000)
    .describe('Tallies of ticks that are still open, for each lane of judge'),
  requestIdsPerTick: z
    .int()
    .min(0)
    .default(200_000)
    .describe('Request ids of one source and tick that are remembered to see duplicates'),
})

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens, a letter first, at most 64')

/** The whole configuration. Every default is here and nowhere else. */
export function configSchema(plugins: Plugins) {
  return z.strictObject({
    data: z.string().min(1).default('./data').describe('Folder of the embedded stream and the embedded store'),
    stages: z
      .array(z.enum(stages))
      .min(1)
      .default([...stages])
      .describe('Stages that this process runs'),
    shards: z.int().min(1).max(1024).default(16).describe('Slices of the entities; fixed at the first start'),
    tick: tick.prefault({}),
    calls: calls.prefault({}),
    stream: stream.prefault({ kind: 'sqlite' }),
    store: store.prefault({ kind: 'embedded' }),
    archive: archive.prefault({}),
    deliver: deliver.prefault({}),
    http: http.prefault({}),
    budget: z
      .strictObject({
        falseAlarmsPerDay: z
          .number()
          .min(0.001)
          .max(1000)
          .default(1)
          .describe('False alarms a day that are allowed on clean traffic, all detectors and entities together'),
      })
      .prefault({}),
    sensitive: z.array(sensitive).max(1000).default([]).describe('Endpoints on which an anomaly weighs more'),
    detectors: detectorsSchema(plugins.detectors).prefault({}),
    sinks: sinksSchema(plugins.sinks).max(100).default([]).describe('Where alerts go, besides the log'),
    limits: limits.prefault({}),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error'])
          .default('info')
          .describe('Least severe message that is logged'),
      })
      .prefault({}),
  })
}

const enabled = z.boolean().default(true).describe('Whether the detector runs')

function detectorsSchema(detectors: Plugins['detectors']) {
  const shape: Record<string, z.ZodPrefault<z.ZodObject>> = {}
  for (const [detector, params] of detectors) {
    // A detector that is not to run unless it is asked for says so itself, and why.
    const own = (params.shape.enabled ?? enabled) as typeof enabled
    shape[detector] = params.strict().safeExtend({ enabled: own }).prefault({})
  }
  return z.strictObject(shape)
}

function sinksSchema(sinks: Plugins['sinks']) {
  const kinds = [...sinks].map(([kind, params]) => {
    const ours = { kind: z.literal(kind), ...('name' in params.shape ? {} : { name }) }
    return params.strict().safeExtend(ours)
  })
  const [first, ...rest] = kinds
  const one = first === undefined ? z.never() : z.discriminatedUnion('kind', [first, ...rest])
  // The members are known at run time only; each has at least the fields of SinkConfig.
  return z
    .array(one as unknown as z.ZodType<SinkConfig>)
    .refine(namesAreUnique, { error: 'a different name for each sink' })
}

/** One entry of `sinks`: what all of them have; the rest is known to the schema of its kind. */
export interface SinkConfig {
  readonly name: string
  readonly kind: string
  readonly [setting: string]: unknown
}

function namesAreUnique(sinks: readonly SinkConfig[]): boolean {
  return new Set(sinks.map((sink) => sink.name)).size === sinks.length
}
