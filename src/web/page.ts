import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const folder = join(import.meta.dirname, 'console')
const files = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/console/console.js', file: 'console.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/card.js', file: 'card.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/words.js', file: 'words.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/console.css', file: 'console.css', type: 'text/css; charset=utf-8' },
  { url: '/console/card.css', file: 'card.css', type: 'text/css; charset=utf-8' },
  { url: '/console/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
]

/** The page of live alerts: a fixed list of files, read once, so no address can name another file. */
export async function addPage(app: FastifyInstance): Promise<void> {
  for (const { url, file, type } of files) {
    const content = await readFile(join(folder, file))
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
    app.get(url, async (request, reply) => {
      reply.header('cache-control', 'no-cache').header('etag', etag)
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(type).send(content)
    })
  }
}
