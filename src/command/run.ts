import { problemText } from '#src/config.ts'
import { defineCommand } from './command.ts'
import { loadSettings } from './plugins.ts'
import { startService } from './run/service.ts'

const STAGES = ['collect', 'judge', 'archive', 'deliver'] as const

/** Less than the 30 s that orchestrators commonly leave. */
const STOP_MS = 25_000
const LINGER_MS = 2_000

export default defineCommand({
  about: 'Run the detector until it is told to stop',
  operands: null,
  options: {
    config: { type: 'string', value: 'FILE', about: 'Configuration; without it TIDEMARK_CONFIG, else the defaults' },
    stages: {
      type: 'string',
      value: STAGES.join(','),
      about: 'Stages that this process runs; without it the configured ones',
    },
  },
  async run({ config: file, stages }, _operands, { env, complain }) {
    const overridden = stages === undefined ? env : { ...env, TIDEMARK_STAGES: JSON.stringify(stages.split(',')) }
    const loaded = await loadSettings(file ?? env.TIDEMARK_CONFIG ?? null, overridden)
    if (loaded.kind === 'wrong') {
      for (const problem of loaded.problems) complain(`${problemText(problem)}\n`)
      return 2
    }
    const stopped = stopSignal()
    const service = await startService({ config: loaded.config, out: process.stdout })
    const reason = await Promise.race([stopped, service.broken])
    if (reason instanceof Error) complain(`tidemark: ${reason.message}\n`)
    const ended = await Promise.race([service.stop().then(() => true), tooLong()])
    // Whatever hangs must not keep the process from being started anew; a kill loses nothing.
    if (!ended) {
      complain(`tidemark: did not end within ${STOP_MS / 1000} s; it is cut off\n`)
      process.exit(1)
    }
    const code = reason instanceof Error ? 1 : 0
    // Everything is finished: a socket that a library has forgotten must not keep the process.
    setTimeout(() => process.exit(code), LINGER_MS).unref()
    return code
  },
})

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1))
      resolve(signal)
    })
  }
  return promise
}

function tooLong(): Promise<false> {
  const { promise, resolve } = Promise.withResolvers<false>()
  setTimeout(() => resolve(false), STOP_MS).unref()
  return promise
}
