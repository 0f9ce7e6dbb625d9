import { alternatives, boundsOf, type Shape } from './shape.ts'

interface Row {
  readonly setting: string
  readonly standard: string
  readonly meaning: string
}

/** All settings as a table in Markdown: the README carries it, and a test compares. */
export function settingsTable(root: Shape): string {
  const rows = rowsOf(root, '', '').map(
    ({ setting, standard, meaning }) => `| \`${setting}\` | ${standard} | ${meaning} |`,
  )
  return ['| setting | default | meaning |', '|---|---|---|', ...rows, ''].join('\n')
}

/** `suffix` names the kind that a setting belongs to, where not all kinds have it. */
function rowsOf(shape: Shape, path: string, suffix: string): readonly Row[] {
  const kinds = alternatives(shape).filter((one) => one.properties?.kind?.const !== undefined)
  if (kinds.length > 0) return rowsOfKinds(kinds, shape.default, path)
  if (shape.properties === undefined) return []
  const required = new Set(shape.required)
  return Object.entries(shape.properties).flatMap(([name, setting]) => {
    const at = path === '' ? name : `${path}.${name}`
    return rowsOfSetting(setting, at, suffix, required.has(name))
  })
}

function rowsOfSetting(setting: Shape, at: string, suffix: string, required: boolean): readonly Row[] {
  const group = rowsOf(setting, at, suffix)
  const entries = setting.items === undefined ? [] : rowsOf(setting.items, `${at}[]`, suffix)
  if (group.length > 0) return group
  if (setting.type === 'object' && setting.properties !== undefined) return []
  const standard =
    setting.default === undefined ? (required ? 'required' : 'none') : `\`${JSON.stringify(setting.default)}\``
  const about = (setting.description ?? '').replace(/\.$/, '')
  const limits = setting.enum === undefined ? boundsOf(setting) : `one of ${setting.enum.join(', ')}`
  const meaning = `${about}${limits === null ? '' : ` (${limits})`}${suffix}`.replaceAll('|', '\\|')
  return [{ setting: at, standard, meaning }, ...entries]
}

function rowsOfKinds(kinds: readonly Shape[], standard: unknown, path: string): readonly Row[] {
  const names = kinds.map((one) => String(one.properties?.kind?.const))
  const chosen = (standard as { kind?: string } | undefined)?.kind
  const kind = {
    setting: `${path}.kind`,
    standard: chosen === undefined ? 'required' : `\`"${chosen}"\``,
    meaning: `One of ${names.join(', ')}`,
  }
  const rows = new Map<string, Row>([[kind.setting, kind]])
  kinds.forEach((one, index) => {
    for (const [name, setting] of Object.entries(one.properties ?? {})) {
      const isShared = kinds.every((other) => Object.hasOwn(other.properties ?? {}, name))
      const suffix = isShared || kinds.length === 1 ? '' : `; ${names[index]} only`
      const found =
        name === 'kind' ? [] : rowsOfSetting(setting, `${path}.${name}`, suffix, one.required?.includes(name) ?? false)
      for (const row of found) if (!rows.has(row.setting)) rows.set(row.setting, row)
    }
  })
  return [...rows.values()]
}
