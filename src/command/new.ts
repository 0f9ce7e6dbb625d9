import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineCommand, quote, UsageError } from './command.ts'

const ROOT = new URL('../../', import.meta.url)
/** The detector that CONTRIBUTING.md writes out; its tests hold it to the contract. */
const EXAMPLE = 'throttle-burst'
const FILE = /^(```|~~~)\w+ file=detectors\/throttle-burst\/([\w./-]+)\n([\s\S]*?)^\1$/gm
const NAME = /^[a-z][a-z0-9-]{2,39}$/

export default defineCommand({
  about: 'Start a new detector in a checkout: the folder of the example in CONTRIBUTING.md, under another name',
  operands: 'detector NAME',
  options: {
    into: {
      type: 'string',
      value: 'FOLDER',
      about: 'Where its folder is made; detectors of the checkout unless given',
    },
  },
  async run({ into }, [kind, name, ...rest], { write }) {
    if (kind !== 'detector') throw new UsageError(`there is nothing to start for ${quote(kind)}; say detector NAME`)
    if (name === undefined || !NAME.test(name) || rest.length > 0)
      throw new UsageError('a detector has one name of 3 to 40 lower-case letters, digits and hyphens, a letter first')
    const written = await newDetector(name, into ?? fileURLToPath(new URL('detectors/', ROOT)))
    write(
      `${written.join('\n')}\n\nIt passes the contract as it is. Now say what it counts: CONTRIBUTING.md, step 1.\n`,
    )
    return 0
  },
})

/** Writes the example's files into `<folder>/<name>/`, and returns their paths. Never overwrites anything. */
export async function newDetector(name: string, folder: string): Promise<readonly string[]> {
  const page = await readFile(new URL('CONTRIBUTING.md', ROOT), 'utf8')
  const files = [...page.matchAll(FILE)].map(([, , path, text]) => ({ path: path as string, text: text as string }))
  if (files.length === 0) throw new Error('CONTRIBUTING.md holds no example')
  const own = join(folder, name)
  try {
    await mkdir(own)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new UsageError(`there is a detector ${quote(name)} already`)
  }
  await mkdir(join(own, 'cases'))
  const written = files.map(({ path, text }) => ({ at: join(own, path), text: text.replaceAll(EXAMPLE, name) }))
  for (const { at, text } of written) await writeFile(at, text, { flag: 'wx' })
  return written.map(({ at }) => at)
}
