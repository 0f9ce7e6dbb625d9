import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { kafkaForTests } from '#test/parts/kafka.ts'

/** A real broker: the one that `KAFKA_BROKERS` names, or one that is started here. */
export interface BenchBroker {
  readonly brokers: readonly string[]
  stop(): Promise<void>
}

/** Throws with the reason when there is no Kafka on this machine: a bench without it says nothing. */
export async function startBroker(): Promise<BenchBroker> {
  const started = await kafkaForTests()
  if ('skipped' in started) throw new Error(`no Kafka for the bench: ${started.skipped}`)
  return started
}

/** A client that is quiet about what the bench does not ask it. */
export function benchClient(brokers: readonly string[]): Kafka {
  return new Kafka({ clientId: 'tidemark-bench', brokers: [...brokers], logLevel: logLevel.ERROR })
}

export function benchProducer(kafka: Kafka): Producer {
  return kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 4 })
}

export async function createTopic(kafka: Kafka, topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, replicationFactor: 1 }] })
  await admin.disconnect()
}

/** Lines of one produce request: about 3.5 MB over eight partitions. */
const batchLines = 10_000

/**
 * Creates the topic and fills it: line i goes to partition i mod `partitions`, in order, uncompressed. Resolves with the number of
 * lines once the broker has all of them.
 */
export async function loadTopic(
  kafka: Kafka,
  topic: string,
  partitions: number,
  lines: Iterable<string>,
  progress: (lines: number) => void,
): Promise<number> {
  await createTopic(kafka, topic, partitions)
  const producer = benchProducer(kafka)
  await producer.connect()
  let sent = 0
  let batch: { value: string; partition: number }[] = []
  // One request is under way while the next is made: the order within a partition stays, the waiting is halved.
  let underWay: Promise<unknown> = Promise.resolve()
  const flush = async () => {
    const messages = batch
    batch = []
    await underWay
    underWay = producer.send({ topic, messages, acks: 1 })
    progress(sent)
  }
  for (const value of lines) {
    batch.push({ value, partition: sent++ % partitions })
    if (batch.length === batchLines) await flush()
  }
  await flush()
  await underWay
  await producer.disconnect()
  return sent
}
