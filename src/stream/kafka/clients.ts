import kafkajs, { type Kafka, type RetryOptions } from 'kafkajs'
import { boundCodecs } from './codecs.ts'
import type { Settings } from './options.ts'
import { hurry, repair } from './repairs.ts'

/** One client for each kind of patience. The library reads defaults from NODE_ENV, so that nothing is left to them. */
export interface Clients {
  /** Reads, joins groups, asks. */
  readonly reading: Kafka
  /** Transactions: brokers answer CONCURRENT_TRANSACTIONS for some milliseconds after each commit. */
  readonly transactions: Kafka
  /** Appends from outside the stages wait for a broker that restarts. */
  readonly appending: Kafka
}

const patient: RetryOptions = { initialRetryTime: 100, multiplier: 2, maxRetryTime: 2_000, factor: 0.2, retries: 8 }
const hasty: RetryOptions = { initialRetryTime: 10, multiplier: 1.5, maxRetryTime: 500, factor: 0.2, retries: 14 }

export function makeClients(settings: Settings): Clients {
  repair()
  boundCodecs(settings.limits.decompressedBytes)
  const { brokers, ssl, sasl } = settings.options
  const make = (retry: RetryOptions) =>
    new kafkajs.Kafka({
      clientId: settings.clientId,
      brokers: [...brokers],
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
      connectionTimeout: settings.limits.connectMs,
      authenticationTimeout: settings.limits.connectMs * 2,
      requestTimeout: settings.limits.requestMs,
      // A crashed reader is built anew by its group, which knows what it had read.
      retry: { ...retry, restartOnFailure: async () => false },
      logCreator: logTo(settings),
    })
  return { reading: make(patient), transactions: hurry(make(hasty), hasty), appending: make(patient) }
}

/** The library calls errors what its own retries mend: it is all for debugging. What matters is told by events. */
function logTo(settings: Settings) {
  return () =>
    ({ log: { message, timestamp: _, logger: __, ...fields } }: LogLine) =>
      settings.log('debug', `kafkajs: ${message}`, fields)
}

interface LogLine {
  readonly log: { readonly message: string; readonly timestamp: string; readonly [field: string]: unknown }
}
