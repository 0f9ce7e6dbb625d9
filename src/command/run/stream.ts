import { join } from 'node:path'
import type { Config } from '#src/config.ts'
import { kafkaStream } from '#src/stream/kafka/kafka.ts'
import { sqliteStream } from '#src/stream/sqlite.ts'
import type { Stream, StreamEvents } from '#src/stream/stream.ts'
import type { Log } from '#src/telemetry/log.ts'

/** The stream that the configuration asks for; nothing is opened before `prepare`. */
export function streamOf(config: Config, events: StreamEvents, log: Log): Stream {
  const { stream } = config
  if (stream.kind === 'sqlite') {
    return sqliteStream({
      path: join(config.data, 'stream'),
      retention: { bytes: stream.retentionBytes },
      groupCommitMs: stream.groupCommitMs,
      events,
    })
  }
  const { ssl, sasl, brokers, clientId, groupPrefix, createTopics, compression, limits } = stream
  const { enabled, ...certificates } = ssl
  return kafkaStream({
    brokers,
    clientId,
    groupPrefix,
    createTopics,
    compression,
    limits,
    ...(stream.instance === undefined ? {} : { instance: stream.instance }),
    ...(enabled ? { ssl: Object.keys(certificates).length > 0 ? certificates : true } : {}),
    ...(sasl === undefined ? {} : { sasl }),
    topics: { calls: config.calls.topic, prefix: stream.topicPrefix },
    create: {
      callsPartitions: stream.callsPartitions,
      internalPartitions: stream.internalPartitions,
      replicationFactor: stream.replicationFactor,
    },
    events,
    log: (level, message, fields) => log[level](fields, message),
  })
}
