// What a character of a text can be, for the one question below.
const PLAIN = 0
const NUMERAL = 1
/** Reason enough to look closer: controls, what is not ASCII, `=` and `?`. */
const ALWAYS = 2
/** Ends something that a secret begins with, perhaps: what stands before it decides. */
const MAYBE = 3

const TABLE = new Uint8Array(128).fill(ALWAYS, 0, 32)
TABLE.fill(NUMERAL, 48, 58)
TABLE[127] = ALWAYS
for (const char of '=?') TABLE[char.charCodeAt(0)] = ALWAYS
for (const char of 'JIz_-.:@% ') TABLE[char.charCodeAt(0)] = MAYBE

/** A card number has at least so many digits. */
const CARD_DIGITS = 13

/** How names of secrets end. */
const NAME_ENDS = pairs('ey en et re rd wd se al ls on wt ie')
/** How `bearer` and `basic` end. */
const SCHEME_ENDS = pairs('er ic')

function pairs(words: string): Set<number> {
  return new Set(words.split(' ').map((word) => pairAt(word, 2)))
}

/** The two letters before `at` as one number, in lower case. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at - 2) | 32) << 8) | (text.charCodeAt(at - 1) | 32)
}

/**
 * Whether `redactText` or `stripControls` could change a text: one pass, no regular expression, because it is asked of every text
 * of every call and the answer is nearly always no. May say yes in vain; must never say no in vain (a law in the tests).
 * `cards`: whether long runs of digits count, too.
 */
export function isSuspect(text: string, cards: boolean): boolean {
  const length = text.length
  let digits = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    const kind = code < 128 ? TABLE[code]! : ALWAYS
    if (kind === PLAIN) digits = 0
    else if (kind === NUMERAL) {
      digits++
      if (cards && digits >= CARD_DIGITS) return true
    } else if (kind === ALWAYS || endsTrace(text, i, code)) return true
    else if (code !== 45 && code !== 32) digits = 0
  }
  return false
}

/** Whether the character at `at` ends the trace of a secret. */
function endsTrace(text: string, at: number, code: number): boolean {
  const last = text.charCodeAt(at - 1)
  switch (code) {
    case 74: // eyJ
      return last === 121
    case 73: // AKI, ASI: the A that follows adds nothing
      return last === 75 || last === 83
    case 122: // AIz
      return last === 73
    case 95: // whsec_, sk_, gh?_, github_pat_
      return (
        last === 99 ||
        last === 107 ||
        last === 116 ||
        (text.charCodeAt(at - 3) === 103 && text.charCodeAt(at - 2) === 104)
      )
    case 45: // -----, xox?-, glpat-
      return (
        (last === 45 && text.charCodeAt(at - 2) === 45) ||
        (last === 116 && text.charCodeAt(at - 2) === 97) ||
        (text.charCodeAt(at - 3) === 111 && text.charCodeAt(at - 2) === 120)
      )
    case 46: // hvs., hvb.
      return text.charCodeAt(at - 2) === 118 && text.charCodeAt(at - 3) === 104
    case 37: // %3d
      return text.charCodeAt(at + 1) === 51
    case 64: // ://user:password@
      return text.includes('://')
    case 32:
      return SCHEME_ENDS.has(pairAt(text, at))
    default: // a name and a colon, with a quote, a backslash or spaces between them, perhaps
      if (text.charCodeAt(at + 1) === 47 && text.charCodeAt(at + 2) === 47) return false
      if (last === 32 || last === 34 || last === 39 || last === 92) return true
      return NAME_ENDS.has(pairAt(text, at))
  }
}
