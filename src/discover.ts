import { readdir, stat } from 'node:fs/promises'

/** What is found in a folder of plug-ins: each has the name of its folder. */
export interface Named {
  readonly name: string
}

/**
 * Loads the plug-ins of a folder: from each of its folders the default export of `file`, in the order of their names. A folder
 * without `file` is passed over, as are names that start with a dot or an underscore.
 * Throws where an export is not what `check` expects, or its name is not its folder's: then nothing must start.
 */
export async function discover<T extends Named>(
  folder: URL,
  file: string,
  check: (x: unknown) => x is T,
): Promise<ReadonlyMap<string, T>> {
  const root = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
  const entries = await readdir(root, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory() && /^[^._]/.test(entry.name)).map((entry) => entry.name)
  const found = new Map<string, T>()
  const lowered = new Set<string>()
  for (const name of names.sort()) {
    const url = new URL(`${encodeURIComponent(name)}/${file}`, root)
    if (!(await isFile(url))) continue
    const { default: plugin } = (await import(url.href)) as { default?: unknown }
    if (!check(plugin)) throw new Error(`${name}/${file}: its default export is not what this folder holds`)
    if (plugin.name !== name) throw new Error(`${name}/${file}: is named "${plugin.name}", and its folder "${name}"`)
    if (lowered.has(name.toLowerCase())) throw new Error(`${name}/${file}: there is another "${name.toLowerCase()}"`)
    lowered.add(name.toLowerCase())
    found.set(name, plugin)
  }
  return found
}

async function isFile(url: URL): Promise<boolean> {
  try {
    return (await stat(url)).isFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
