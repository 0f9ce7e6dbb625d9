import * as z from 'zod'

const queries = z.strictObject({
  seconds: z.int().min(1).max(3600).default(30).describe('Seconds that one query may take'),
  rows: z.int().min(1).max(10_000_000).default(100_000).describe('Rows that one query may return'),
  memoryBytes: z
    .int()
    .min(16 * 1024 ** 2)
    .default(1024 ** 3)
    .describe("Bytes of the engine's memory that one query may take"),
})

const days = (standard: number) => z.int().min(1).max(3650).default(standard)

const retention = z.strictObject({
  callsDays: days(30).describe('Days that calls and dead letters are kept'),
  alertsDays: days(730).describe('Days that alerts, deliveries and gaps are kept'),
  baselinesDays: days(90).describe('Days that baselines are kept'),
  cron: z
    .string()
    .regex(/^\S+( \S+){4}$/, 'five fields of a crontab')
    .default('17 3 * * *')
    .describe('When old days are dropped, in the time zone of the process'),
})

const common = {
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'an identifier')
    .default('tidemark')
    .describe('Database of all tables'),
  retention: retention.prefault({}),
  queries: queries.prefault({}),
}

const embedded = z.strictObject({ kind: z.literal('embedded'), ...common })

const tls = z.strictObject({
  ca: z.string().min(1).describe('Certificates to trust, as PEM'),
  cert: z.exactOptional(z.string().min(1).describe('Certificate of this client, as PEM; together with key')),
  key: z.exactOptional(z.string().min(1).describe('Private key of this client, as PEM')),
})

const server = z.strictObject({
  kind: z.literal('server'),
  url: z
    .url({ protocol: /^https?$/, error: 'an http or https URL' })
    .refine(hasNoCredentials, 'a URL without credentials: those are user and password')
    .describe('Address of the HTTP interface, as https://clickhouse.example:8443'),
  user: z.string().min(1).default('default').describe('Who inserts and migrates'),
  password: z.string().default('').describe('Password of that user'),
  ...common,
  requestTimeoutMs: z.int().min(1000).max(600_000).default(30_000).describe('Milliseconds until a request is given up'),
  connections: z.int().min(1).max(1000).default(10).describe('Connections to the server'),
  tls: z.exactOptional(tls),
})

function hasNoCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/** Where calls, alerts and baselines can be asked for. */
export const store = z.discriminatedUnion('kind', [embedded, server])
