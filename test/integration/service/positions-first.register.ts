import { registerHooks } from 'node:module'

const fault = new URL('./positions-first.ts', import.meta.url).href
let replaced = false

/** Loaded before Tidemark: whoever asks for the producer of lanes gets the faulty one, which alone gets the real one. */
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    if (!found.url.endsWith('/src/stream/kafka/lane-producer.ts') || context.parentURL === fault) return found
    replaced = true
    return { ...found, url: fault }
  },
})

process.once('SIGTERM', () => {
  if (!replaced) throw new Error('there is no producer of lanes any more that could be made faulty')
})
