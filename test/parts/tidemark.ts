import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `tidemark run` as a process of its own. */
export interface TidemarkPart {
  /** Where its HTTP listens. */
  readonly url: string
  /** The fields of what it logged so far, oldest first; the newest 2,000. */
  readonly log: readonly LogLine[]
  /** Resolves with the exit code, `null` where a signal ended it. */
  readonly ended: Promise<number | null>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>
}

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const mostLines = 2_000
const startMs = 60_000
const stopMs = 30_000

/**
 * Resolves once it listens. `imports`: modules that it loads before its own.
 * @throws where it ends before, with what it said
 */
export async function startTidemark(configFile: string, imports: readonly string[] = []): Promise<TidemarkPart> {
  // A library that reads NODE_ENV must find what it finds in production.
  const { NODE_ENV: _, ...env } = process.env
  const flags = imports.flatMap((path) => ['--import', path])
  const child = spawn(process.execPath, [...flags, 'src/main.ts', 'run', '--config', configFile], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  void ended.then(() => process.off('exit', orphan))
  const { log, url } = follow(child)
  const address = await firstOf(url, ended)
  if (address === null) {
    child.kill('SIGKILL')
    throw new Error(`Tidemark did not start:\n${log.map((line) => JSON.stringify(line)).join('\n')}`)
  }
  return {
    url: address,
    log,
    ended,
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), stopMs)
      return ended.finally(() => clearTimeout(late))
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Reads the log; `url` resolves with the address that it names. */
function follow(child: ChildProcess): { readonly log: readonly LogLine[]; readonly url: Promise<string> } {
  const { promise: url, resolve } = Promise.withResolvers<string>()
  const log: LogLine[] = []
  createInterface({ input: child.stderr! }).on('line', (text) => {
    const line = parse(text)
    log.push(line)
    if (log.length > mostLines) log.shift()
    if (line.msg === 'Tidemark runs') resolve(String(line.address))
  })
  return { log, url }
}

function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    // What is said before there is a log: complaints about the configuration, traces of a crash.
    return { level: 'plain', msg: text }
  }
}

async function firstOf(url: Promise<string>, ended: Promise<unknown>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), startMs)
  })
  try {
    return await Promise.race([url, ended.then(() => null), late])
  } finally {
    clearTimeout(timer)
  }
}
