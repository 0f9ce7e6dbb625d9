import { classify } from './segment.ts'

/** More segments than this end in `/**`. */
export const ROUTE_SEGMENTS = 12
/** What is read of a path; UTF-16 units. */
const PATH_READ = 2048
/** No route is longer than this, given or made; UTF-16 units. */
export const ROUTE_CHARACTERS = 512

const DEEPER = '/**'
const SLASH = 47

/**
 * The template of a path, from its segments alone: what looks like an identifier becomes `{int}`, `{uuid}`, `{date}`, … or
 * `{id}` (see `classify`). Stateless, deterministic, linear. The query, the fragment, `;parameters`, empty segments and
 * a final slash do not count. A path that is a route already is returned as it is.
 */
export function routeOf(path: string): string {
  const end = cutAt(path, Math.min(path.length, PATH_READ))
  let out = ''
  let parent = ''
  let segments = 0
  let from = 0
  while (from < end) {
    if (path.charCodeAt(from) === SLASH) {
      from++
      continue
    }
    let to = path.indexOf('/', from)
    if (to < 0 || to > end) to = end
    const segment = segmentOf(path, from, to)
    from = to
    if (segment === '') continue
    const kind = classify(segment, parent)
    if (segments === ROUTE_SEGMENTS || out.length + 1 + kind.length > ROUTE_CHARACTERS - DEEPER.length)
      return out + DEEPER
    out += `/${kind}`
    parent = segment
    segments++
  }
  return out === '' ? '/' : out
}

/**
 * A route that the log itself gives is believed and kept in its own notation; only the query, what is too long and
 * what is too deep are cut off.
 */
export function guardRoute(route: string): string {
  const end = cutAt(route, Math.min(route.length, ROUTE_CHARACTERS))
  let segments = 0
  for (let i = 0; i < end; i++) {
    if (route.charCodeAt(i) !== SLASH || i + 1 === end) continue
    if (segments === ROUTE_SEGMENTS && route.slice(i, end) !== DEEPER)
      return route.slice(0, Math.min(i, ROUTE_CHARACTERS - DEEPER.length)) + DEEPER
    segments++
  }
  return end === route.length ? route : route.slice(0, end)
}

/** Where the query or the fragment starts, or `end`. */
function cutAt(path: string, end: number): number {
  for (let i = 0; i < end; i++) {
    const code = path.charCodeAt(i)
    if (code === 63 || code === 35) return i
  }
  return end
}

/** One segment without its `;parameters`, percent-decoded once where that is possible. */
function segmentOf(path: string, from: number, to: number): string {
  let segment = path.slice(from, to)
  const parameters = segment.indexOf(';')
  if (parameters >= 0) segment = segment.slice(0, parameters)
  if (segment.indexOf('%') < 0) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
