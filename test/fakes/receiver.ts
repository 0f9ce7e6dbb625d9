import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What the receiver does with one request that it has read. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

export function status(code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Answer {
  return (response) => {
    response.writeHead(code, headers)
    response.end(body)
  }
}

export const hang: Answer = () => undefined
export const reset: Answer = (_response, request) => void request.socket.resetAndDestroy()

/** An HTTP server on this machine that keeps what it is sent and answers as it is told. */
export class FakeReceiver {
  readonly seen: Seen[] = []
  answer: Answer = status(204)
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      this.seen.push({ method, path, headers, body: Buffer.concat(chunks).toString() })
      this.answer(response, request)
    })
  })

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.url
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
