import * as z from 'zod'

const megabyte = 1024 ** 2
const pem = (about: string) => z.exactOptional(z.string().min(1).describe(`${about}, as PEM`))
const ms = (least: number, standard: number) => z.int().min(least).max(3_600_000).default(standard)
const bytes = (standard: number) => z.int().min(65_536).default(standard)

const sqlite = z.strictObject({
  kind: z.literal('sqlite'),
  retentionBytes: z
    .int()
    .min(16 * megabyte)
    .default(10 * 1024 * megabyte)
    .describe('Bytes of records beyond which the oldest go, whoever still needs them; that is told as a gap'),
  groupCommitMs: ms(0, 50).describe('Milliseconds that an append may wait for others before it is written to disk'),
})

const ssl = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether brokers are reached over TLS'),
  ca: pem('Certificates to trust'),
  cert: pem('Certificate of this client'),
  key: pem('Private key of this client'),
})

const sasl = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How this client proves who it is'),
  username: z.string().min(1).describe('Name of this client'),
  password: z.string().min(1).describe('Password of this client'),
})

const limits = z.strictObject({
  sessionMs: ms(1000, 10_000).describe('Silence after which a member loses its partitions'),
  heartbeatMs: ms(100, 2000).describe('Milliseconds between heartbeats'),
  rebalanceMs: ms(1000, 30_000).describe('Milliseconds that members have to join again'),
  fetchWaitMs: ms(1, 100).describe('Milliseconds that a broker may hold an empty fetch back'),
  fetchBytes: bytes(10 * megabyte).describe('Bytes of one fetch'),
  fetchBytesPerPartition: bytes(megabyte).describe('Bytes of one fetch, for each partition'),
  queueBytes: bytes(2 * megabyte).describe(
    'Bytes that wait for the next step of a lane; beyond it its partition is paused',
  ),
  transactionMs: ms(1000, 30_000).describe('Milliseconds after which a broker ends a transaction that was left open'),
  connectMs: ms(100, 5000).describe('Milliseconds until a connection is given up'),
  requestMs: ms(1000, 30_000).describe('Milliseconds until a request is given up'),
  restoreMs: ms(1000, 120_000).describe("Milliseconds that restoring a lane's state may take"),
  pollMs: ms(100, 1000).describe(
    'Milliseconds between looks at the ends of partitions: lag, gaps and stalls are seen so soon',
  ),
  stallMs: ms(1000, 30_000).describe('Milliseconds without progress after which a reader is built anew'),
  backoffMs: ms(10, 5000).describe('Longest pause before a dropped lane or a crashed reader is tried again'),
  lingerMs: ms(0, 3).describe('Milliseconds that an append gathers records'),
  appendBytes: bytes(64 * megabyte).describe('Bytes of appends that are not sent yet; beyond it they are refused'),
  decompressedBytes: bytes(64 * megabyte).describe('Bytes of one compressed batch once it is decompressed'),
})

const name = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dots, underscores and hyphens')
const partitions = z.int().min(1).max(1024).default(8)

const kafka = z.strictObject({
  kind: z.literal('kafka'),
  brokers: z
    .array(z.string().regex(/^\S+:\d{1,5}$/, 'host:port'))
    .min(1)
    .max(100)
    .describe('Brokers to ask first, each host:port'),
  clientId: name.default('tidemark').describe('Name of this client in the logs and quotas of the brokers'),
  instance: z.exactOptional(name.describe('Names this process among others of the same clientId; else the host does')),
  threads: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe('Threads that share collecting and judging; 0: one for each processor, at most four'),
  ssl: ssl.prefault({}),
  sasl: z.exactOptional(sasl),
  topicPrefix: name.default('tidemark.').describe('Before the names of the topics between the stages'),
  groupPrefix: name.default('tidemark').describe('Before the names of consumer groups and transactional ids'),
  createTopics: z.boolean().default(true).describe('Whether missing topics are created'),
  callsPartitions: partitions.describe('Partitions of the topic of calls, where it is created'),
  internalPartitions: partitions.describe('Partitions of each topic between the stages, where it is created'),
  replicationFactor: z
    .union([z.literal(-1), z.int().min(1).max(10)])
    .default(-1)
    .describe("Copies of topics that are created; -1 is the broker's default"),
  compression: z.enum(['none', 'gzip']).default('none').describe('Of what this process writes'),
  limits: limits.prefault({}),
})

/** The log between the stages. */
export const stream = z.discriminatedUnion('kind', [sqlite, kafka])
