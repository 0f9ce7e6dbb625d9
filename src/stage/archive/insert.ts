import type { InsertOutcome } from '#src/store/store.ts'
import type { Position } from '#src/stream/stream.ts'
import type { ArchiveOptions } from './options.ts'
import type { Patience } from './patience.ts'
import type { Part } from './range.ts'

/**
 * Inserts a part whole. While the engine is away this waits and tries again, for as long as the lane lives: nothing may be left
 * out. What the engine refuses for good is halved until the rows at fault stand alone; those are refused.
 * The halves have tokens of their own that name where they were cut, so doing it all again changes nothing.
 */
export async function insertPart(
  options: ArchiveOptions,
  patience: Patience,
  source: string,
  part: Part,
  token: string,
): Promise<void> {
  const pending = [{ from: 0, to: part.lines.length, token }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { from, to } = next
    const outcome = await insertSlice(options, patience, part, next)
    if (outcome.kind === 'stored') continue
    if (to - from === 1) {
      const position = part.positions[from] as Position
      await patience.refuse({ table: part.shape.table, source, position }, outcome.reason)
      continue
    }
    const middle = from + ((to - from) >> 1)
    pending.push({ from: middle, to, token: `${token}#${middle}-${to}` })
    pending.push({ from, to: middle, token: `${token}#${from}-${middle}` })
  }
}

interface Slice {
  readonly from: number
  readonly to: number
  readonly token: string
}

function insertSlice(
  { store, events, now }: ArchiveOptions,
  patience: Patience,
  { shape, lines }: Part,
  { from, to, token }: Slice,
): Promise<Exclude<InsertOutcome, { kind: 'retry' }>> {
  const { table, columns } = shape
  const rows = lines.slice(from, to).join('')
  return patience.until(table, async () => {
    const started = now()
    const outcome = await store.insert({ table, columns, rows, count: to - from, token })
    if (outcome.kind === 'retry') return { retry: outcome.reason }
    if (outcome.kind === 'stored') events?.stored?.(table, to - from, now() - started)
    return { value: outcome }
  })
}
