import { startReceiver } from '#src/demo/receiver.ts'

/** A stand-in for a SIEM, for docker-compose.yml: prints each notice that it verified. */
const { RECEIVER_PORT: port, RECEIVER_SECRET: secret } = process.env
if (secret === undefined || !/^\d{1,5}$/.test(port ?? ''))
  throw new Error('RECEIVER_SECRET and RECEIVER_PORT are needed')

const receiver = await startReceiver({
  port: Number(port),
  secret,
  log: (line) => void process.stdout.write(`${line}\n`),
})
process.stdout.write(`waiting for notices at ${receiver.url}\n`)

const stop = (): void => {
  // Nothing can be lost here: who sent and saw no answer sends again.
  receiver.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.once('SIGTERM', stop).once('SIGINT', stop)
