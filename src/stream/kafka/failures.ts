import { Fenced } from '../stream.ts'

interface Failure {
  readonly name?: string
  readonly message?: string
  /** The protocol's name of the error. */
  readonly type?: string
  readonly retriable?: boolean
  readonly cause?: unknown
  readonly originalError?: unknown
}

const fencing = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING'])

const hopeless = new Set([
  'KafkaJSNotImplemented',
  'KafkaJSSASLAuthenticationError',
  'KafkaJSServerDoesNotSupportApiKey',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
])

/** The error and what caused it, outermost first; bounded, because causes are foreign data. */
function chain(error: unknown): Failure[] {
  const found: Failure[] = []
  let next: unknown = error
  while (typeof next === 'object' && next !== null && found.length < 8) {
    const failure = next as Failure
    found.push(failure)
    next = failure.cause ?? failure.originalError
  }
  return found
}

/** Whether a newer owner of the transactional id exists. */
export function isFencing(error: unknown): boolean {
  return chain(error).some((failure) => failure instanceof Fenced || fencing.has(failure.type ?? ''))
}

const passing = new Set([
  'CONCURRENT_TRANSACTIONS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
])

/** The brokers are still ending a transaction of the same id, or the group has just moved to another broker. */
export function isPassing(error: unknown): boolean {
  return chain(error).some(({ type }) => passing.has(type ?? ''))
}

/** Whether no retry will mend it: credentials, permissions, an unknown codec. */
export function isHopeless(error: unknown): boolean {
  return chain(error).some(({ name, type }) => hopeless.has(name ?? '') || hopeless.has(type ?? ''))
}

/** Whether retries may mend it, but not for ever: a bug, or a topic that was deleted. */
export function isStrange(error: unknown): boolean {
  return chain(error).some(({ retriable, type }) => retriable === false || type === 'UNKNOWN_TOPIC_OR_PARTITION')
}

/** In one line, with the protocol's name of the error where there is one. */
export function explain(error: unknown): string {
  const failures = chain(error)
  if (failures.length === 0) return String(error)
  const type = failures.find((failure) => failure.type !== undefined)?.type
  const message = failures[0]!.message ?? String(error)
  return type === undefined || message.includes(type) ? message : `${type}: ${message}`
}
