import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A real broker for tests and benches. */
export interface KafkaPart {
  readonly brokers: string[]
  /** The same broker for who says a name and a password (SASL, plain), where it is ours. */
  readonly sasl?: { readonly brokers: string[]; readonly username: string; readonly password: string }
  /** Of the broker's process, where it is ours. */
  readonly pid?: number
  stop(): Promise<void>
  /** Starts a broker on the same data and port; only where the broker is ours. */
  restart?(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

export interface Skipped {
  readonly skipped: string
}

export interface KafkaRequest {
  readonly env?: NodeJS.ProcessEnv
  /** Java's heap. 512 MB unless given. */
  readonly heapMb?: number
}

const version = '4.1.0'
const folder = join(import.meta.dirname, 'kafka')
const jars = join(import.meta.dirname, '../../.cache', `kafka-${version}`)
const readyMs = 60_000
const login = { username: 'tidemark', password: 'low-water' }
const run = promisify(execFile)

/**
 * The brokers of KAFKA_BROKERS, else Apache Kafka from its own jars (Maven fetches them once), else a container.
 * @throws under CI=true where none of them can be had, and where a broker does not start
 */
export async function kafkaForTests(request: KafkaRequest = {}): Promise<KafkaPart | Skipped> {
  const env = request.env ?? process.env
  const given = (env.KAFKA_BROKERS ?? '').split(',').filter((address) => address !== '')
  if (given.length > 0) return { brokers: given, stop: async () => {} }
  const missing = await fetchJars(env)
  if (missing === null) return startBroker(request.heapMb ?? 512)
  if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 5_000 }).status === 0) return startContainer()
  const skipped = `Kafka: ${missing}; no KAFKA_BROKERS, no Docker`
  if (env.CI === 'true') throw new Error(skipped)
  return { skipped }
}

/** Why the jars cannot be had; `null` where they are there. */
async function fetchJars(env: NodeJS.ProcessEnv): Promise<string | null> {
  if (!onPath('java', env)) return 'no Java'
  if (existsSync(jars)) return null
  if (!onPath('mvn', env)) return 'no Maven to fetch its jars'
  mkdirSync(join(jars, '..'), { recursive: true })
  // Two runs may fetch at the same time: each into a folder of its own, and the first to be done wins.
  const part = mkdtempSync(`${jars}.`)
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${part}`]
  try {
    await run('mvn', ['-q', '-B', '-f', join(folder, 'pom.xml'), ...goal], { timeout: 300_000 })
    if (!readdirSync(part).includes(`kafka_2.13-${version}.jar`)) return 'Maven did not fetch its jars'
    if (!existsSync(jars)) renameSync(part, jars)
    return null
  } catch (error) {
    return `Maven could not fetch its jars (${(error as Error).message.split('\n')[0]})`
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

async function startBroker(heapMb: number): Promise<KafkaPart> {
  const data = mkdtempSync(join(tmpdir(), 'tidemark-kafka-'))
  const [port, controllerPort, saslPort] = [await freePort(), await freePort(), await freePort()]
  const properties = join(data, 'server.properties')
  writeFileSync(properties, serverProperties(data, { port, controllerPort, saslPort }))
  writeFileSync(join(data, 'log4j2.properties'), 'rootLogger.level=OFF\n')
  const java = [
    ...[`-Xmx${heapMb}m`, '-Xms256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'],
    ...[`-Dlog4j2.configurationFile=${join(data, 'log4j2.properties')}`, '-cp', join(jars, '*')],
  ]
  const id = ['-t', 'TWlkLVRpZGUtTWFyay1UZQ', '-c', properties]
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', ...id], { timeout: readyMs })
  let broker = await launch(java, data, port)
  const clean = () => {
    kill(broker, 'SIGKILL')
    rmSync(data, { recursive: true, force: true })
  }
  process.once('exit', clean)
  return {
    brokers: [`127.0.0.1:${port}`],
    sasl: { brokers: [`127.0.0.1:${saslPort}`], ...login },
    get pid() {
      return broker.pid!
    },
    async stop() {
      process.off('exit', clean)
      await end(broker, 'SIGKILL', port)
      rmSync(data, { recursive: true, force: true })
    },
    async restart(signal) {
      await end(broker, signal, port)
      broker = await launch(java, data, port)
    },
  }
}

/**
 * Holds a pipe from this process: however this process ends, the pipe closes, and the watcher ends the broker and removes
 * its data.
 */
const watcher =
  '"$@" & broker=$!; trap "kill -TERM $broker; wait $broker; exit" TERM; read _; kill -KILL $broker; rm -rf "$0"'

async function launch(java: readonly string[], data: string, port: number): Promise<ChildProcess> {
  const command = ['java', ...java, 'kafka.Kafka', join(data, 'server.properties')]
  const broker = spawn('bash', ['-c', watcher, data, ...command], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const deadline = Date.now() + readyMs
  while (!(await answers(port))) {
    if (broker.exitCode !== null) throw new Error(`the broker ended with ${broker.exitCode} before it was ready`)
    if (Date.now() > deadline) {
      kill(broker, 'SIGKILL')
      throw new Error(`the broker was not ready within ${readyMs} ms`)
    }
    await pause(100)
  }
  // Neither the process nor its pipe keeps this one alive.
  broker.unref()
  ;(broker.stdin as Socket).unref()
  return broker
}

/** Until the broker, which outlives its watcher by a moment, has let go of its port. */
async function end(broker: ChildProcess, signal: 'SIGKILL' | 'SIGTERM', port: number): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return
  broker.ref()
  const gone = new Promise((resolve) => broker.once('exit', resolve))
  kill(broker, signal)
  await gone
  const deadline = Date.now() + readyMs
  while (await answers(port)) {
    if (Date.now() > deadline) throw new Error(`the broker did not end within ${readyMs} ms`)
    await pause(20)
  }
}

/** The whole group: the watcher and the broker. */
function kill(broker: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): void {
  if (broker.exitCode !== null || broker.signalCode !== null || broker.pid === undefined) return
  process.kill(-broker.pid, signal)
}

interface Ports {
  readonly port: number
  readonly controllerPort: number
  readonly saslPort: number
}

function serverProperties(data: string, { port, controllerPort, saslPort }: Ports): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort}
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_${login.username}="${login.password}";
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(data, 'log')}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
offsets.topic.num.partitions=5
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.retention.check.interval.ms=1000
log.cleaner.dedupe.buffer.size=4194304
log.index.size.max.bytes=65536
num.network.threads=2
num.io.threads=4
background.threads=2
`
}

async function startContainer(): Promise<KafkaPart> {
  const port = await freePort()
  const settings = {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:9093`,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '500',
  }
  const env = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const started = await run('docker', ['run', '-d', '--rm', '-p', `${port}:${port}`, ...env, `apache/kafka:${version}`])
  const id = started.stdout.trim()
  const deadline = Date.now() + readyMs
  while (!(await answers(port))) {
    if (Date.now() > deadline) throw new Error(`the container was not ready within ${readyMs} ms`)
    await pause(200)
  }
  return { brokers: [`127.0.0.1:${port}`], stop: async () => void (await run('docker', ['kill', id])) }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const say = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', say(true)).once('error', say(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

function onPath(name: string, env: NodeJS.ProcessEnv): boolean {
  return (env.PATH ?? '').split(delimiter).some((place) => place !== '' && existsSync(join(place, name)))
}
