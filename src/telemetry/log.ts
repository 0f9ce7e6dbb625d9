import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino'

export type Log = Logger
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Fields that may carry secrets, at the top, one and two levels down. */
const secret = [
  'authorization',
  'cookie',
  'token',
  'tokens',
  'password',
  'secret',
  'apiKey',
  'api_key',
  'sasl',
  'headers',
]
const redacted = secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/**
 * JSON lines to stderr: stdout belongs to reports. One line an entry whatever it holds, as JSON escapes control
 * characters. Written synchronously, so that the last line before an exit is there.
 */
export function createLog(level: LogLevel, to: DestinationStream = destination({ fd: 2, sync: true })): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted, censor: '[redacted]' },
      serializers: { err: stdSerializers.err },
    },
    to,
  )
}
