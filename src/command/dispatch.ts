import { readFileSync } from 'node:fs'
import { type Command, columns, type ExitCode, helpOf, quote, type Surroundings, UsageError } from './command.ts'

/** Commands by their verb, each loaded only when it is asked for. */
export type Commands = Readonly<Record<string, () => Promise<{ default: Command }>>>

/** Runs the command that the arguments name. Never throws: what goes wrong is told, and becomes the exit code. */
export async function dispatch(
  commands: Commands,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const [verb, ...rest] = args
  try {
    return await run(commands, verb, rest, surroundings)
  } catch (error) {
    surroundings.complain(`tidemark: ${messageOf(error, surroundings.env)}\n`)
    if (!(error instanceof UsageError)) return 1
    surroundings.complain(
      `Try: tidemark ${verb !== undefined && Object.hasOwn(commands, verb) ? `${verb} ` : ''}--help\n`,
    )
    return 2
  }
}

async function run(
  commands: Commands,
  verb: string | undefined,
  rest: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  if (verb === '--version') {
    surroundings.write(`tidemark ${version()}\n`)
    return 0
  }
  if (verb === undefined || verb === '--help' || verb === '-h' || verb === 'help') {
    const text = await overview(commands)
    if (verb === undefined) surroundings.complain(text)
    else surroundings.write(text)
    return verb === undefined ? 2 : 0
  }
  const load = Object.hasOwn(commands, verb) ? commands[verb] : undefined
  if (load === undefined) throw new UsageError(`there is no command ${quote(verb)}`)
  const { default: command } = await load()
  if (asksForHelp(rest)) {
    surroundings.write(helpOf(verb, command))
    return 0
  }
  return await command.run(rest, surroundings)
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}

async function overview(commands: Commands): Promise<string> {
  const lines: [string, string][] = []
  for (const [verb, load] of Object.entries(commands)) lines.push([verb, (await load()).default.about])
  return `Usage: tidemark COMMAND [options]\n\n${columns(lines)}\ntidemark COMMAND --help tells more. Exit codes: 0 done, 1 failed, 2 bad usage or configuration.\n`
}

/** The version of this package. */
export function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** Without a stack trace, which tells an operator nothing, unless the log level asks for all there is. */
function messageOf(error: unknown, env: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return String(error)
  return env.TIDEMARK_LOG__LEVEL === 'debug' ? (error.stack ?? error.message) : error.message
}
