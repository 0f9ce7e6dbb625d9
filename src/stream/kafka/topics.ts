import kafkajs, { type Admin, type ConfigEntries } from 'kafkajs'
import type { Topic } from '../stream.ts'
import { explain } from './failures.ts'
import { type Settings, topics } from './options.ts'

const day = 86_400_000
const compacted: ReadonlySet<Topic> = new Set<Topic>(['baselines', 'operations'])

/** How long brokers keep what stages pass on, in days; `calls` keeps what the broker's default says. */
const keepDays: Partial<Record<Topic, number>> = {
  tallies: 3,
  'baseline-rows': 7,
  'dead-letters': 14,
  alerts: 30,
  deliveries: 30,
}

/** Of a batch of records: the largest single record, a call that is too large to be one, must still arrive to be refused. */
const largestBatch = 8 * 1024 * 1024

/**
 * Creates the topics that are missing, where that is allowed, and checks those that are there.
 * @throws one error that lists everything that is wrong, each with what was expected
 */
export async function prepareTopics(admin: Admin, settings: Settings): Promise<void> {
  const existing = new Set(await admin.listTopics())
  const missing = topics.filter((topic) => !existing.has(settings.physical(topic)))
  if (missing.length > 0) {
    if (settings.options.createTopics === false) {
      const names = missing.map(settings.physical).join(', ')
      throw new Error(`these topics are missing and may not be created (createTopics is false): ${names}`)
    }
    await create(admin, settings, missing)
  }
  const problems = [...(await checkCounts(admin, settings)), ...(await checkConfigs(admin, settings))]
  if (problems.length > 0) throw new Error(`topics are not as they must be: ${problems.join('; ')}`)
}

async function create(admin: Admin, settings: Settings, missing: readonly Topic[]): Promise<void> {
  const { callsPartitions = 8, internalPartitions = 8, replicationFactor = -1 } = settings.options.create ?? {}
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map((topic) => ({
      topic: settings.physical(topic),
      numPartitions: topic === 'calls' ? callsPartitions : internalPartitions,
      replicationFactor,
      configEntries: Object.entries(configOf(topic)).map(([name, value]) => ({ name, value })),
    })),
  })
}

function configOf(topic: Topic): Record<string, string> {
  const common = { 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': String(largestBatch) }
  if (compacted.has(topic)) {
    return {
      ...common,
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.1',
      'segment.bytes': String(64 * 1024 * 1024),
    }
  }
  const days = keepDays[topic]
  return {
    ...common,
    'cleanup.policy': 'delete',
    ...(days === undefined ? {} : { 'retention.ms': String(days * day) }),
  }
}

async function checkCounts(admin: Admin, settings: Settings): Promise<string[]> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(settings.physical) })
  const count = (topic: Topic) => found.find(({ name }) => name === settings.physical(topic))?.partitions.length ?? 0
  const [tallies, baselines] = [count('tallies'), count('baselines')]
  if (tallies === baselines) return []
  const names = [settings.physical('baselines'), settings.physical('tallies')]
  return [
    `${names[0]} has ${baselines} partitions and ${names[1]} ${tallies}: partition i of one is the state of partition i of the other`,
  ]
}

async function checkConfigs(admin: Admin, settings: Settings): Promise<string[]> {
  const configs = await describe(admin, settings)
  if (configs === null) return []
  return topics.flatMap((topic) => {
    const name = settings.physical(topic)
    const entries = configs.get(name) ?? []
    const value = (of: string) => entries.find(({ configName }) => configName === of)?.configValue ?? ''
    const timestamps = value('message.timestamp.type')
    if (timestamps !== 'LogAppendTime') {
      const message = `${name}: message.timestamp.type is ${timestamps}, so that producers say when a record was appended; LogAppendTime is safer`
      settings.log('warn', message)
    }
    const policy = value('cleanup.policy')
    const isCompacted = policy.split(',').includes('compact')
    if (compacted.has(topic) && policy !== 'compact') {
      return [`${name}: cleanup.policy is ${policy} and must be compact, or state is lost`]
    }
    if (!compacted.has(topic) && isCompacted) {
      return [`${name}: cleanup.policy is ${policy} and must be delete, or records of the same key are lost`]
    }
    return []
  })
}

/** `null` where this client may not see configurations: the checks are then left out, and that is said. */
async function describe(admin: Admin, settings: Settings): Promise<Map<string, ConfigEntries[]> | null> {
  const type = kafkajs.ConfigResourceTypes.TOPIC
  const configNames = ['cleanup.policy', 'message.timestamp.type']
  const resources = topics.map((topic) => ({ type, name: settings.physical(topic), configNames }))
  try {
    const answer = await admin.describeConfigs({ resources, includeSynonyms: false })
    return new Map(answer.resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]))
  } catch (error) {
    settings.log('warn', 'the configuration of the topics could not be checked', { error: explain(error) })
    return null
  }
}
