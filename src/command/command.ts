import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'

/** What the caller of the process sees: done, failed, bad usage or configuration. */
export type ExitCode = 0 | 1 | 2

/** What a command may touch of the process around it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** To standard output. */
  write(text: string): void
  /** To standard error. */
  complain(text: string): void
}

export interface Option extends ParseArgsOptionDescriptor {
  readonly about: string
  /** How the help calls the value, as FILE; none for a switch. */
  readonly value?: string
}

export type Options = Readonly<Record<string, Option>>

/** One verb of the command line. One file in this folder; `src/main.ts` lists it. */
export interface Command {
  /** One sentence for the list of commands. */
  readonly about: string
  /** How the help calls the operands, as `FILE…`; `null` where there are none. */
  readonly operands: string | null
  readonly options: Options
  run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode>
}

type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true; args: string[] }>
>

/** The caller's mistake: told with a hint at the help, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Gives `run` the types of its own options. */
export function defineCommand<const O extends Options>(command: {
  readonly about: string
  readonly operands: string | null
  readonly options: O
  run(values: Parsed<O>['values'], operands: readonly string[], surroundings: Surroundings): Promise<ExitCode>
}): Command {
  return {
    ...command,
    run(args, surroundings) {
      const { values, positionals } = parse(args, command.options)
      if (command.operands === null && positionals.length > 0)
        throw new UsageError(`unexpected ${quote(positionals[0])}`)
      return command.run(values, positionals, surroundings)
    },
  }
}

function parse<O extends Options>(args: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Text of the caller in a message: quoted, and without control characters of a terminal. */
export function quote(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 100))
}

/** The help of one command. */
export function helpOf(verb: string, command: Command): string {
  const options: Options = { ...command.options, help: { type: 'boolean', about: 'Show this' } }
  const lines = Object.entries(options).map(([name, option]): [string, string] => [
    `--${name}${option.value === undefined ? '' : ` ${option.value}`}`,
    option.about,
  ])
  const operands = command.operands === null ? '' : ` ${command.operands}`
  return `${command.about}\n\nUsage: tidemark ${verb}${operands} [options]\n\n${columns(lines)}`
}

/** Two columns of text, the second one aligned. */
export function columns(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([left]) => left.length))
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}
