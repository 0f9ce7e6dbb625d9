import * as z from 'zod'
import type { CallDraft } from '#src/call/call.ts'
import { defineFormat, type Reject, type Skip } from '#src/call/format.ts'
import { redactText } from '#src/call/redact.ts'
import { digitsAt, instantOf } from '#src/call/timestamp.ts'

/** Methods have no more characters than this; what is longer is no request line. */
const METHOD_CHARACTERS = 32

/** The route of requests that no server could read: handshakes of other protocols, binary rubbish. */
const MALFORMED = '/{malformed}'

/**
 * The access log of Apache httpd and nginx: combined, common, either with the virtual host in front, whatever follows the user
 * agent ignored, and the user agent cut off (as full disks leave it). One pass from left to right, no regular expression over
 * the whole line.
 */
export default defineFormat<string>({
  name: 'apache-combined',
  about: 'Web servers: the combined or common access log of Apache httpd and nginx.',
  encoding: 'text',
  line: z.string(),
  toCall(line): CallDraft | Skip | Reject {
    if (isErrorLog(line)) return { skip: 'error-log-line' }
    const open = timeOf(line)
    if (open < 0) return refuse('no [time] where one is expected')
    // Redacted before it is cut into words: afterwards half of a secret would look like a name.
    const client = readClient(redactText(line.slice(0, open)))
    if (client === null) return refuse('no client address before the time')
    const ts = readTime(line, open + 1)
    if (Number.isNaN(ts)) return { reject: 'bad-time', detail: `not a time: ${line.slice(open, open + 28)}` }
    const request = readQuoted(line, line.indexOf(']', open) + 2)
    if (request === null) return refuse('no "request" after the time')
    const numbers = line.slice(request.end + 1, request.end + 64).split(' ', 2)
    const [status = '', size = ''] = numbers
    if (request.text === '-' || request.text === '') return { skip: 'no-request' }
    if (status === '-') return { skip: 'no-response' }
    if (status.length !== 3 || Number.isNaN(digitsAt(status, 0, 3))) return refuse('no status after the request')
    const sized = size === '-' || (size !== '' && size.length <= 16 && !Number.isNaN(digitsAt(size, 0, size.length)))
    if (!sized) return refuse('no size after the status')
    // 1 for the space before the status, 4 for the status and its space, 1 for the space after the size.
    const referer = readQuoted(line, request.end + 1 + 4 + size.length + 1)
    const agent = referer === null ? null : readQuoted(line, referer.end + 1)
    return {
      ts,
      ...readRequest(request.text),
      status: Number(status),
      responseBytes: size === '-' ? null : Number(size),
      service: client.service,
      host: client.service,
      identity: client.user,
      clientIp: client.address,
      userAgent: agent?.text,
    }
  },
  detect(value) {
    if (typeof value !== 'string') return false
    const open = timeOf(value)
    return open > 0 && !Number.isNaN(readTime(value, open + 1)) && value.startsWith('] "', open + 27)
  },
})

function refuse(detail: string): Reject {
  return { reject: 'not-this-format', detail }
}

/** Error logs share files with access logs: `[Thu Oct 13 …] [core:error] …` and `2021/12/01 13:53:33 [error] …`. */
function isErrorLog(line: string): boolean {
  if (line.charCodeAt(0) === 91) return /^[A-Z][a-z]{2} $/.test(line.slice(1, 5))
  return (
    line.charCodeAt(4) === 47 && line.charCodeAt(7) === 47 && line.charCodeAt(10) === 32 && line.charCodeAt(19) === 32
  )
}

/** Where the bracket of `[17/May/2015:10:05:03 +0000]` is: the first that digits and a slash follow; -1 where none is. */
function timeOf(line: string): number {
  for (let at = line.indexOf(' ['); at >= 0; at = line.indexOf(' [', at + 1)) {
    if (line.charCodeAt(at + 4) === 47 && line.charCodeAt(at + 8) === 47) return at + 1
    // A quote starts the request: what follows is no longer the client's part.
    if (line.lastIndexOf('"', at) >= 0) return -1
  }
  return -1
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `17/May/2015:10:05:03 +0000` at `at` in epoch milliseconds; NaN where it is anything else. */
function readTime(line: string, at: number): number {
  const marks = line.charCodeAt(at + 11) === 58 && line.charCodeAt(at + 14) === 58 && line.charCodeAt(at + 17) === 58
  const sign = line.charCodeAt(at + 21)
  if (!marks || line.charCodeAt(at + 20) !== 32 || (sign !== 43 && sign !== 45) || line.charCodeAt(at + 26) !== 93) {
    return Number.NaN
  }
  const utc = instantOf(
    digitsAt(line, at + 7, 4),
    MONTHS.indexOf(line.slice(at + 3, at + 6)) + 1,
    digitsAt(line, at, 2),
    digitsAt(line, at + 12, 2),
    digitsAt(line, at + 15, 2),
    digitsAt(line, at + 18, 2),
  )
  const minutes = digitsAt(line, at + 22, 2) * 60 + digitsAt(line, at + 24, 2)
  return utc - (sign === 45 ? -1 : 1) * minutes * 60_000
}

interface Client {
  readonly service: string | null
  readonly address: string
  readonly user: string | null
}

/** `[vhost ]address ident user `: users may have spaces in their names, and some servers leave ident or user out. */
function readClient(head: string): Client | null {
  const words = head.trim().split(' ')
  const named = words.length > 2 && !isAddress(words[0]!) && isAddress(words[1]!)
  const [address, , ...user] = named ? words.slice(1) : words
  if (address === undefined || address === '') return null
  const service = named ? words[0]!.split(':', 1)[0]! : null
  return { service: service === '-' ? null : service, address, user: user.join(' ') || null }
}

/** Whether a word is an IPv4 or IPv6 address, by its characters. */
function isAddress(word: string): boolean {
  return /^[\da-fA-F.:]{2,45}$/.test(word) && (word.includes(':') || /^\d/.test(word)) && /[.:]/.test(word)
}

interface Quoted {
  readonly text: string
  /** The index after the closing quote. */
  readonly end: number
}

/** The quoted text at `at`, `\"` and `\\` undone, up to its closing quote or the end of the line; `null` where no quote is. */
function readQuoted(line: string, at: number): Quoted | null {
  if (line.charCodeAt(at) !== 34) return null
  let escaped = false
  let end = at + 1
  for (; end < line.length; end++) {
    const code = line.charCodeAt(end)
    if (code === 34) break
    if (code === 92) {
      escaped = true
      end++
    }
  }
  const text = line.slice(at + 1, end)
  return { text: escaped ? text.replace(/\\(["\\])/g, '$1') : text, end: end + 1 }
}

/** `GET /path HTTP/1.1`, with or without the protocol (HTTP/0.9), or rubbish. */
function readRequest(text: string): Pick<CallDraft, 'method' | 'path' | 'route'> {
  const space = text.indexOf(' ')
  const method = text.slice(0, space)
  const last = text.lastIndexOf(' ')
  const path = last > space && text.startsWith('HTTP/', last + 1) ? text.slice(space + 1, last) : text.slice(space + 1)
  if (space <= 0 || space > METHOD_CHARACTERS || !/^[A-Za-z_-]+$/.test(method) || !/^[/*]|^[\w.+-]+:/.test(path)) {
    return { method: '_OTHER', path: null, route: MALFORMED }
  }
  return { method, path }
}
