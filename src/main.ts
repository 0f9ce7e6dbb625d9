#!/usr/bin/env node
import { type Commands, dispatch } from './command/dispatch.ts'

/** Every verb of the command line: one file in `src/command/`, listed here. */
const commands: Commands = {
  check: () => import('./command/check.ts'),
  run: () => import('./command/run.ts'),
  demo: () => import('./command/demo.ts'),
  replay: () => import('./command/replay.ts'),
  new: () => import('./command/new.ts'),
}

// Whoever reads the output may stop early (`| head`): nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await dispatch(commands, process.argv.slice(2), {
  env: process.env,
  write: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
})
