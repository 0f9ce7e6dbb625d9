import * as z from 'zod'

const gigabyte = 1024 ** 3

const sqlite = z.strictObject({
  kind: z.literal('sqlite'),
  retentionBytes: z
    .int()
    .min(16 * 1024 * 1024)
    .default(4 * gigabyte)
    .describe('Size of the embedded stream beyond which unread records are dropped and told as a gap'),
  commitMs: z
    .int()
    .min(0)
    .max(1000)
    .default(50)
    .describe('Milliseconds over which commits are gathered into one write to disk'),
})

const ssl = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether brokers are reached over TLS'),
  ca: z.string().min(1).optional().describe('Certificates to trust, as PEM'),
  cert: z.string().min(1).optional().describe('Certificate of this client, as PEM'),
  key: z.string().min(1).optional().describe('Private key of this client, as PEM'),
})

const sasl = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How this client proves who it is'),
  username: z.string().min(1).describe('Name of this client'),
  password: z.string().min(1).describe('Password of this client'),
})

const prefix = z.string().regex(/^[A-Za-z0-9._-]{0,100}$/, 'letters, digits, dots, underscores and hyphens')

const kafka = z.strictObject({
  kind: z.literal('kafka'),
  brokers: z
    .array(z.string().regex(/^\S+:\d{1,5}$/, 'host:port'))
    .min(1)
    .max(100)
    .describe('Brokers to ask first, each host:port'),
  clientId: prefix.min(1).default('tidemark').describe('Name of this client in the logs and quotas of the brokers'),
  ssl: ssl.prefault({}),
  sasl: sasl.optional(),
  topicPrefix: prefix.default('tidemark.').describe('Before the names of the topics between the stages'),
  groupPrefix: prefix.default('tidemark.').describe('Before the names of consumer groups and transactional ids'),
  createTopics: z.boolean().default(true).describe('Whether missing topics are created'),
  partitions: z.int().min(1).max(1024).default(8).describe('Partitions of topics that are created'),
  replicationFactor: z.int().min(1).max(10).default(1).describe('Copies of topics that are created; 3 in production'),
  retentionHours: z
    .int()
    .min(1)
    .max(24 * 365)
    .default(168)
    .describe('Retention of topics that are created, except the compacted ones'),
  sessionTimeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(10_000)
    .describe('Silence after which the group takes a member for dead'),
  heartbeatMs: z.int().min(100).max(60_000).default(2000).describe('Time between heartbeats'),
  maxFetchBytes: z
    .int()
    .min(64 * 1024)
    .max(gigabyte)
    .default(8 * 1024 * 1024)
    .describe('Bytes of one answer of a broker'),
  maxInflatedBytes: z
    .int()
    .min(64 * 1024)
    .max(gigabyte)
    .default(64 * 1024 * 1024)
    .describe('Bytes of one compressed batch once unpacked'),
})

/** The log between the stages. */
export const stream = z.discriminatedUnion('kind', [sqlite, kafka])
