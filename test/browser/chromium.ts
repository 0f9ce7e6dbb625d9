import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parts } from '../parts.ts'

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown }
  readonly error?: { readonly message: string }
}

/** One tab of a real browser. */
export interface Tab {
  /** What the browser complained of: exceptions, refused resources, violations of the security policy. */
  readonly complaints: string[]
  go(url: string): Promise<void>
  /** The value of an expression in the page; a promise is awaited. Throws what the page throws. */
  evaluate(expression: string): Promise<unknown>
  /** Resolves once the expression is true. The test's own limit bounds it. */
  until(expression: string): Promise<void>
  press(key: 'Tab' | 'Enter'): Promise<void>
  width(pixels: number): Promise<void>
  close(): Promise<void>
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
]

/** Starts Chromium and speaks its own protocol with it over a WebSocket: no library stands between. */
export async function openTab(): Promise<Tab> {
  const program = parts.find((part) => part.name === 'Chromium')?.find(process.env)
  if (!program) throw new Error('there is no Chromium')
  const profile = mkdtempSync(join(tmpdir(), 'tidemark-chromium-'))
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const browser = new URL(await debuggerOf(child))
  const listed = (await (await fetch(`http://${browser.host}/json/list`)).json()) as {
    type: string
    webSocketDebuggerUrl: string
  }[]
  const page = listed.find((target) => target.type === 'page')
  if (page === undefined) throw new Error('Chromium opened no tab')
  const wire = await connectTo(page.webSocketDebuggerUrl)
  for (const domain of ['Page', 'Runtime', 'Log']) await wire.send(`${domain}.enable`)
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = await wire.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (answer?.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails))
    return answer?.result?.value
  }
  return {
    complaints: wire.complaints,
    evaluate,
    go: async (url) => {
      await wire.send('Page.navigate', { url })
    },
    until: async (expression) => {
      // The page is asked at each of its own frames, so nothing here sleeps. While it navigates there is nobody to ask.
      const wait = `new Promise((done) => { const look = () => (${expression}) ? done(true) : setTimeout(look, 20); look() })`
      for (let asked = false; !asked; ) asked = await evaluate(wait).then(Boolean, () => false)
    },
    press: async (key) => {
      const code = key === 'Tab' ? 9 : 13
      const event = { key, code: key, windowsVirtualKeyCode: code, ...(key === 'Enter' ? { text: '\r' } : {}) }
      await wire.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
      await wire.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    width: async (pixels) => {
      await wire.send('Emulation.setDeviceMetricsOverride', {
        width: pixels,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
      })
    },
    close: async () => {
      wire.close()
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await gone
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    },
  }
}

function debuggerOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`Chromium ended: ${said.slice(-500)}`)))
    child.stderr?.on('data', (data) => {
      if (said.length < 100_000) said += String(data)
      const found = /ws:\/\/\S+/.exec(said)?.[0]
      if (found !== undefined) resolve(found)
    })
  })
}

interface Wire {
  readonly complaints: string[]
  send(method: string, params?: object): Promise<Answer['result']>
  close(): void
}

async function connectTo(url: string): Promise<Wire> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, (answer: Answer) => void>()
  const complaints: string[] = []
  let sent = 0
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
    else if (answer.method === 'Runtime.exceptionThrown' || answer.method === 'Log.entryAdded') {
      complaints.push(JSON.stringify(answer.params))
    }
  }
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  return {
    complaints,
    close: () => socket.close(),
    send: async (method, params = {}) => {
      sent += 1
      const id = sent
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(id, resolve)
        socket.send(JSON.stringify({ id, method, params }))
      })
      waiting.delete(id)
      if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
      return answer.result
    },
  }
}
