import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Mode } from './clickhouse.ts'

/** The engine behind its HTTP front, as a process of its own on data of its own. */
export interface EnginePart {
  readonly url: string
  /** What inserts meet from now on. */
  meet(mode: Mode): Promise<void>
  /** Ends the process and removes the data. */
  stop(): Promise<void>
}

const front = fileURLToPath(new URL('./clickhouse.ts', import.meta.url))

export async function startEngine(): Promise<EnginePart> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-engine-'))
  const child = spawn(process.execPath, [front, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    process.off('exit', orphan)
    await rm(directory, { recursive: true, force: true })
  }
  for await (const url of createInterface({ input: child.stdout })) {
    return {
      url,
      async meet(mode) {
        const answer = await fetch(`${url}/control?mode=${mode}`)
        if (!answer.ok) throw new Error(`the front answered ${answer.status}`)
      },
      stop,
    }
  }
  await stop()
  throw new Error('the engine ended at once')
}
