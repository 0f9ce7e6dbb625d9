import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Another process that is alive holds the directory. */
export class Held extends Error {
  override readonly name = 'Held'
  readonly pid: number

  constructor(directory: string, pid: number, file: string) {
    super(
      `${directory} is in use by process ${pid} (${file}). One process owns a data directory: stop that one, or use another directory.`,
    )
    this.pid = pid
  }
}

interface Holder {
  readonly pid: number
  /** When that process started, as its system counts it: a pid may be used again. `null` where it cannot be told. */
  readonly started: string | null
  readonly token: string
}

export interface Lock {
  /** Gives the directory up, unless it was taken over. */
  release(): void
}

/**
 * Takes a directory for this process. A lock whose process is dead is taken over, and so is one of this very process id: either an
 * earlier life in a container, where ids repeat, or another stream in this process, whose lanes then are fenced.
 * @throws {Held} when a living process has it
 */
export function takeLock(directory: string): Lock {
  const file = join(directory, 'stream.lock')
  const own: Holder = { pid: process.pid, started: startOf(process.pid), token: randomUUID() }
  const draft = `${file}.${own.token}`
  writeFileSync(draft, JSON.stringify(own), { flush: true })
  try {
    // A link appears at once and with its content, or fails because there is one.
    while (!linked(draft, file)) putAside(directory, file, own.token)
  } finally {
    unlinkSync(draft)
  }
  return {
    release() {
      if (read(file)?.token === own.token) rmSync(file, { force: true })
    },
  }
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Moves a dead process's lock away. Should it have become a living one's in between, that one gets it back. */
function putAside(directory: string, file: string, token: string): void {
  const found = read(file)
  if (found !== null && alive(found)) throw new Held(directory, found.pid, file)
  const aside = `${file}.stale.${token}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = read(aside)
  if (moved !== null && moved.token !== found?.token && alive(moved)) linked(aside, file)
  rmSync(aside, { force: true })
}

/** `null` when there is no lock, or nothing readable in it. */
function read(file: string): Holder | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('token' in holder)) return null
    const { pid, token } = holder
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || typeof token !== 'string') return null
    const started = 'started' in holder && typeof holder.started === 'string' ? holder.started : null
    return { pid, started, token }
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function alive({ pid, started }: Holder): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (codeOf(error) === 'ESRCH') return false
  }
  const now = startOf(pid)
  return now === null || started === null || now === started
}

/** The start time in clock ticks since boot, from Linux's process table. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses, which may hold anything; the start time is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    // No such table here: the process being there has to do.
    return null
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
