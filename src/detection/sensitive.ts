import type { EntityRef } from '#src/baseline/entity.ts'

/** A pattern of endpoints, `METHOD service /route`, and their weight in the alert budget (a whole number). */
export interface Sensitive {
  readonly endpoint: string
  readonly weight: number
}

interface Pattern {
  readonly methods: readonly string[]
  readonly service: string
  readonly route: string
  readonly weight: number
}

/**
 * The weight of an entity: that of the first pattern it matches, else 1. In a service or a segment `*` stands for any text
 * without a slash, `**` for any text.
 */
export function weigher(sensitive: readonly Sensitive[]): (ref: EntityRef) => number {
  const patterns = sensitive.map(({ endpoint, weight }): Pattern => {
    const [methods = '*', service = '*', route = '/**'] = endpoint.split(' ')
    return { methods: methods.split(','), service, route, weight }
  })
  return (ref) => {
    if (ref.scope !== 'endpoint') return 1
    for (const { methods, service, route, weight } of patterns) {
      if (!methods.includes('*') && !methods.includes(ref.method)) continue
      if (matches(service, ref.service) && matches(route, ref.route)) return weight
    }
    return 1
  }
}

/** Wildcard match without backtracking into earlier wildcards: at most pattern length times text length steps. */
export function matches(pattern: string, text: string): boolean {
  let reachable = new Set([0])
  for (let p = 0; p < pattern.length; p += 1) {
    const next = new Set<number>()
    if (pattern[p] === '*') {
      const any = pattern[p + 1] === '*'
      if (any) p += 1
      for (const at of reachable) {
        for (let end = at; end <= text.length; end += 1) {
          if (next.has(end)) break
          next.add(end)
          if (!any && text[end] === '/') break
        }
      }
    } else for (const at of reachable) if (text[at] === pattern[p]) next.add(at + 1)
    if (next.size === 0) return false
    reachable = next
  }
  return reachable.has(text.length)
}
