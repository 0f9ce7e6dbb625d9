/** A name and how often it was counted. `hash` decides who stays where there is no room for all. */
export interface Named {
  readonly hash: number
  readonly name: string
  count: number
  /** The id of one call with this name, the smallest of those that were given; empty: none was. */
  example: string
}

/** How many names a list keeps. */
export const NAMED_SIZE = 32

/**
 * Counts by name, of the names with the smallest hashes: a bottom-k sample of distinct names with exact counts (Cohen and Kaplan
 * 2007). A name that is among the smallest of a union is among the smallest of each part that has it, so nothing of it is ever
 * lost, and merging is associative and commutative. Kept in order of (hash, name).
 */
export function addNamed(list: Named[], hash: number, name: string, count: number, example = ''): void {
  if (list.length === NAMED_SIZE) {
    // Of many names most come too late.
    const last = list[NAMED_SIZE - 1] as Named
    if (last.name !== name && comesBefore(last, hash, name)) return
  }
  // From the end: lists that are read or merged come in order.
  let at = list.length
  while (at > 0) {
    const before = list[at - 1] as Named
    if (comesBefore(before, hash, name)) break
    if (before.hash === hash && before.name === name) {
      raise(before, count, example)
      return
    }
    at -= 1
  }
  if (at === NAMED_SIZE) return
  if (at === list.length) list.push({ hash, name, count, example })
  else list.splice(at, 0, { hash, name, count, example })
  if (list.length > NAMED_SIZE) list.pop()
}

/** Counts one more of a name that the list has: without its hash. False where the list does not have it. */
export function countAgain(list: readonly Named[], name: string, example: string): boolean {
  for (let i = 0; i < list.length; i += 1) {
    const one = list[i] as Named
    if (one.name !== name) continue
    raise(one, 1, example)
    return true
  }
  return false
}

/** Adds one list's counts to another. */
export function mergeNamed(into: Named[], from: readonly Named[]): void {
  for (const { hash, name, count, example } of from) addNamed(into, hash, name, count, example)
}

function raise(one: Named, count: number, example: string): void {
  one.count = Math.min(Number.MAX_SAFE_INTEGER, one.count + count)
  if (example !== '' && (one.example === '' || example < one.example)) one.example = example
}

/** The order of a list. */
export function comesBefore(one: Named, hash: number, name: string): boolean {
  return one.hash < hash || (one.hash === hash && one.name < name)
}
