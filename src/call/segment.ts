/**
 * The kinds that a segment of a path can be. What has a definite shape has a name of its own. What is told by its looks
 * only (short hexadecimal, mixed letters and digits, random tokens) is `{id}`, one name for all: the next id of the same
 * endpoint may look different, and must not become another route. `{text}` is what cannot be a name in an API: too long,
 * or with characters that have no place in a path.
 */
const KINDS = [
  '{int}',
  '{uuid}',
  '{ulid}',
  '{objectid}',
  '{hash}',
  '{date}',
  '{email}',
  '{geo}',
  '{ip}',
  '{id}',
  '{text}',
]

/** Longer segments are `{text}`; UTF-16 units. */
const SEGMENT_CHARACTERS = 64

/** A piece of letters alone that is longer is no word; UTF-16 units. */
const WORD_CHARACTERS = 40

/** A small number after one of these is part of the API's name. */
const NUMBERED = new Set(['api', 'v', 'version', 'versions', 'tier', 'level', 'rest'])

// What a character is; the classes of a segment's characters are or-ed together.
const DIGIT = 1
const HEX = 2
const LETTER = 4
const UPPER = 8
const DASH = 16
const MARK = 32
const ODD = 64
const OPEN = 128
const WIDE = 256

const CLASSES = classTable()

function classTable(): Uint16Array {
  const table = new Uint16Array(128).fill(ODD)
  const put = (chars: string, flags: number): void => {
    for (const char of chars) table[char.charCodeAt(0)] = flags
  }
  put('0123456789', DIGIT)
  put('abcdef', HEX)
  put('ABCDEF', HEX | UPPER)
  put('ghijklmnopqrstuvwxyz', LETTER)
  put('GHIJKLMNOPQRSTUVWXYZ', LETTER | UPPER)
  put('-', DASH)
  put("._~!$&'+,:@ ", MARK)
  put('(=', OPEN)
  put(')', MARK)
  return table
}

/** The class of a character: one of the table, or `WIDE` beyond ASCII. */
function classOf(code: number): number {
  return code < 128 ? CLASSES[code]! : WIDE
}

/** Beyond ASCII: controls, halves of characters, and what is invisible or changes direction. */
const ODD_WIDE = /[\p{Cc}\p{Cs}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u

/**
 * What stands for a decoded segment in a route: itself, or its kind. An ending (`.json`, `:cancel`) stays, and so does the name in
 * `name(key)` and `name=value`. `parent` is the segment before it. Linear; what it returns it would return again.
 */
export function classify(segment: string, parent: string): string {
  const length = segment.length
  if (segment === '**') return segment
  if (segment.charCodeAt(0) === 123) return isKind(segment) ? segment : '{text}'
  if (length > SEGMENT_CHARACTERS) return '{text}'
  let seen = 0
  for (let i = 0; i < length; i++) seen |= classOf(segment.charCodeAt(i))
  // The common case, a plain word, and the next one, a number.
  if ((seen & ~(HEX | LETTER | DASH | UPPER)) === 0 && length < 20 && (seen & LETTER) !== 0) return segment
  if (seen === DIGIT) return length <= 3 && NUMBERED.has(parent) ? segment : '{int}'
  if ((seen & OPEN) !== 0) {
    const named = nameAndValue(segment)
    if (named !== '') return named
  }
  if ((seen & MARK) !== 0 && isEmail(segment)) return '{email}'
  if ((seen & ODD) !== 0 || ((seen & WIDE) !== 0 && ODD_WIDE.test(segment))) return '{text}'
  const definite = definiteKind(segment, seen)
  if (definite !== '') return definite
  const ending = (seen & MARK) === 0 ? -1 : endingOf(segment)
  if (ending < 0) return looksLikeId(segment) ? '{id}' : segment
  const stem = segment.slice(0, ending)
  const kind = /^\d+$/.test(stem) ? '{int}' : definiteKind(stem, classesOf(stem)) || (looksLikeId(stem) ? '{id}' : '')
  return kind === '' ? segment : kind + segment.slice(ending)
}

function classesOf(text: string): number {
  let seen = 0
  for (let i = 0; i < text.length; i++) seen |= classOf(text.charCodeAt(i))
  return seen
}

/** Whether the segment is a kind, with or without an ending: then it comes from a route. */
function isKind(segment: string): boolean {
  const close = segment.indexOf('}') + 1
  if (!KINDS.includes(segment.slice(0, close))) return false
  return close === segment.length || endingOf(segment) === close
}

/** `Users(5)` is `Users({key})`, `id=5` is `id={value}`; empty where it is neither. */
function nameAndValue(segment: string): string {
  let at = 0
  while (classOf(segment.charCodeAt(at)) !== OPEN) at++
  const name = segment.slice(0, at)
  const call = segment.charCodeAt(at) === 40
  // Padding of base64 is no value.
  if (!call && at >= segment.length - 2 && segment.endsWith('=')) return ''
  if ((classesOf(name) & (ODD | WIDE)) !== 0 || at === 0) return '{text}'
  if (/^[\d-]+$/.test(name) || looksLikeId(name)) return '{id}'
  return call ? `${name}({key})` : `${name}={value}`
}

function isEmail(segment: string): boolean {
  const at = segment.indexOf('@')
  return at > 0 && at < segment.length - 1 && segment.indexOf('@', at + 1) < 0
}

/** The kind of a segment whose shape leaves no doubt; empty where there is none. `seen`: the classes in it. */
function definiteKind(segment: string, seen: number): string {
  const length = segment.length
  if ((seen & DIGIT) === 0) return ''
  if ((seen & ~(DIGIT | HEX | UPPER)) === 0) {
    if (length === 24) return '{objectid}'
    if (length === 32 || length === 40 || length === 64) return '{hash}'
  }
  if (length === 36 && (seen & ~(DIGIT | HEX | UPPER | DASH)) === 0 && UUID.test(segment)) return '{uuid}'
  if (length === 26 && (seen & (DASH | MARK | WIDE)) === 0 && ULID.test(segment)) return '{ulid}'
  if ((seen & (DASH | MARK)) === 0) return ''
  if (DATE.test(segment)) return '{date}'
  if ((seen & ~(DIGIT | DASH)) === 0 && /^-\d+$/.test(segment)) return '{int}'
  if (IP4.test(segment) || (segment.length > 6 && IP6.test(segment))) return '{ip}'
  return GEO.test(segment) ? '{geo}' : ''
}

// All anchored, with repeats that are bounded or cannot give back: linear.
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const ULID = /^[0-7](?=[a-z]{0,24}\d)[\da-hjkmnp-tv-z]{25}$/i
const DATE = /^[12]\d{3}-[01]\d(?:-[0-3]\d(?:[Tt_ ][\d:.+Zz-]{0,24})?)?$/
const IP4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/
const IP6 = /^[\da-f]{0,4}:[\da-f]{0,4}:[\da-f:]{0,30}$/i
const GEO = /^[+-]?\d{1,3}\.\d{1,20},[+-]?\d{1,3}\.\d{1,20}$/
const VERSION = /^[vV]\d[\d.-]{0,10}$/

/** Where `.ext` (1 to 5 letters and digits, a letter first) or `:verb` (letters) starts, or -1. */
function endingOf(segment: string): number {
  const length = segment.length
  let at = length - 1
  while (at > 0 && (classOf(segment.charCodeAt(at)) & (DIGIT | HEX | LETTER)) !== 0) at--
  if (at <= 0 || at === length - 1) return -1
  const mark = segment.charCodeAt(at)
  if ((classOf(segment.charCodeAt(at + 1)) & DIGIT) !== 0) return -1
  if (mark === 46) return length - at <= 6 ? at : -1
  return mark === 58 && (classesOf(segment.slice(at + 1)) & DIGIT) === 0 ? at : -1
}

/**
 * Whether a segment looks made rather than named. It is cut at everything but letters and digits; a number of three digits or
 * more that is no year, a piece with three digits among letters, a piece of hexadecimal, or letters and digits that change
 * from one to the other as often as in a random token give it away.
 */
function looksLikeId(segment: string): boolean {
  if (VERSION.test(segment)) return false
  const length = segment.length
  let [from, pieces, numbers, kept, changes, before, onlyDots] = [0, 0, 0, 0, 0, 0, true]
  for (let i = 0; i <= length; i++) {
    const code = i < length ? segment.charCodeAt(i) : 46
    const flags = classOf(code)
    if ((flags & (DIGIT | HEX | LETTER | WIDE)) !== 0) {
      // From a capital to a small letter is how words begin.
      if (before !== 0 && differs(before, flags) && !((before & UPPER) !== 0 && (flags & (DIGIT | UPPER)) === 0))
        changes++
      before = flags
      kept++
      continue
    }
    if (code !== 46) onlyDots = false
    if (i > from) {
      const piece = pieceKind(segment, from, i)
      if (piece === 'id') return true
      pieces++
      if (piece === 'number') numbers++
    }
    from = i + 1
  }
  if (pieces > 1 && numbers === pieces && !onlyDots) return true
  return changes * (kept >= 20 ? 4 : kept >= 16 ? 3 : 2) > kept && kept >= 10
}

/** Whether one is a digit and the other is not, or one a capital and the other is not. */
function differs(a: number, b: number): boolean {
  return ((a ^ b) & (DIGIT | UPPER)) !== 0
}

function pieceKind(segment: string, from: number, to: number): 'word' | 'number' | 'id' {
  const length = to - from
  let [digits, seen] = [0, 0]
  for (let i = from; i < to; i++) {
    const flags = classOf(segment.charCodeAt(i))
    seen |= flags
    if (flags === DIGIT) digits++
  }
  if (digits === 0) return length > WORD_CHARACTERS ? 'id' : 'word'
  if (digits === length) {
    const century = length === 4 ? segment.slice(from, from + 2) : ''
    return length < 3 || century === '19' || century === '20' ? 'number' : 'id'
  }
  if (length >= 6 && digits >= 3) return 'id'
  const hex = (seen & ~(DIGIT | HEX | UPPER)) === 0
  return hex && ((length >= 6 && digits >= 2) || length >= 8) ? 'id' : 'word'
}
