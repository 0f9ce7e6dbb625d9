import type { ApiCall } from './call.ts'
import { originOf } from './origin.ts'

/** How far the clocks of who issues a token, who takes it and who logs may be apart, in seconds: within it a token has not run out. */
export const SKEW_SECONDS = 300

/** Whether the log says anything of a token. */
export function hasToken({ tokenId, tokenExpiresAt }: ApiCall): boolean {
  return tokenId !== null || tokenExpiresAt !== null
}

/** Whether a call came with a token that had run out, beyond what clocks may be apart. */
export function isPastExpiry({ ts, tokenExpiresAt }: ApiCall): boolean {
  return tokenExpiresAt !== null && ts > 1000 * (tokenExpiresAt + SKEW_SECONDS)
}

/** One use of a token: which one, how long it is good for, and from where it was used. */
export interface TokenUse {
  /** It had run out. */
  readonly late: boolean
  /** From issue to expiry, in seconds; 0: not known. */
  readonly lifetime: number
  /** A network, as `originOf` names it; empty: not known. */
  readonly origin: string
  /** What tells it from the other tokens of its identity: its id or, where it has none, `UNNAMED` and its times. */
  readonly token: string
}

/** What a token is called that has no id begins so. */
export const UNNAMED = '@'

const LATE = '!'

/**
 * The use that a call makes of its token as one text: calls that are alike in it have the same. Asked for every call with a token, of
 * few tokens: what was worked out before is given again, which makes comparing it cheap, too.
 */
export function useOf(call: ApiCall): string {
  const { tokenId, tokenIssuedAt, tokenExpiresAt, clientIp } = call
  const late = isPastExpiry(call)
  if (tokenId === null) return textOf(late, call, `${UNNAMED}${tokenIssuedAt ?? ''}-${tokenExpiresAt ?? ''}`)
  const before = worked.get(tokenId)
  if (
    before !== undefined &&
    before.clientIp === clientIp &&
    before.tokenExpiresAt === tokenExpiresAt &&
    before.tokenIssuedAt === tokenIssuedAt &&
    before.late === late
  ) {
    return before.text
  }
  const text = textOf(late, call, tokenId)
  if (worked.size === WORKED_MOST) worked.clear()
  worked.set(tokenId, { clientIp, tokenIssuedAt, tokenExpiresAt, late, text })
  return text
}

/** The inverse of `useOf`. Throws nothing: what is no use of a token comes out as one of which nothing is known. */
export function readUse(text: string): TokenUse {
  const late = isLateUse(text)
  const first = text.indexOf('\n')
  const second = text.indexOf('\n', first + 1)
  return {
    late,
    lifetime: Number(text.slice(late ? LATE.length : 0, Math.max(0, first))) || 0,
    origin: text.slice(first + 1, Math.max(0, second)),
    token: text.slice(second + 1),
  }
}

export function isLateUse(text: string): boolean {
  return text.startsWith(LATE)
}

interface Worked {
  readonly clientIp: string | null
  readonly tokenIssuedAt: number | null
  readonly tokenExpiresAt: number | null
  readonly late: boolean
  readonly text: string
}

const worked = new Map<string, Worked>()
const WORKED_MOST = 10_000

/** No part holds a line feed: `finishCall` strips control characters. */
function textOf(late: boolean, { tokenIssuedAt, tokenExpiresAt, clientIp }: ApiCall, token: string): string {
  const known = tokenIssuedAt !== null && tokenExpiresAt !== null
  const lifetime = known ? Math.max(0, Math.round(tokenExpiresAt - tokenIssuedAt)) : 0
  return `${late ? LATE : ''}${lifetime}\n${originOf(clientIp) ?? ''}\n${token}`
}
