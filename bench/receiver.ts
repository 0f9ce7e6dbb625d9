import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A receiver of webhooks that notes when it was told of each alert first. */
export interface BenchReceiver {
  /** The entry of `sinks` that sends here. */
  readonly sink: Readonly<Record<string, unknown>>
  /** By alert id: when its first notice had arrived, as `performance.now()`. */
  readonly arrivals: ReadonlyMap<string, number>
  close(): Promise<void>
}

export async function startReceiver(): Promise<BenchReceiver> {
  const arrivals = new Map<string, number>()
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      // webhook-id is the alert's id, an underscore and the number of the notice.
      const alert = String(request.headers['webhook-id']).replace(/_\d+$/, '')
      if (!arrivals.has(alert)) arrivals.set(alert, performance.now())
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    sink: {
      kind: 'webhook',
      name: 'bench',
      url: `http://127.0.0.1:${port}/alerts`,
      secret: `whsec_${randomBytes(32).toString('base64')}`,
    },
    arrivals,
    close() {
      server.closeAllConnections()
      return new Promise((resolve, reject) =>
        server.close((error) => (error === undefined ? resolve() : reject(error))),
      )
    },
  }
}
