import { sqliteStream } from '#src/stream/sqlite.ts'
import { counter, lines } from '#test/contract/stream/stand.ts'

/** Appends and transforms until it is killed; writes the name of each record that was acknowledged to standard output. */
const [path, life] = process.argv.slice(2)
const stream = sqliteStream({
  path: path!,
  groupCommitMs: 3,
  retention: { everyMs: 20, slackRecords: 50 },
  events: {
    dropped: (stage, _source, reason) => {
      throw new Error(`${stage} dropped: ${reason}`)
    },
  },
})
await stream.prepare()
await stream.transform(counter(undefined, { batch: { records: 200, waitMs: 4 } }))
for (let chunk = 0; ; chunk += 1) {
  const values = Array.from({ length: 40 }, (_, index) => `${life}.${chunk}.${index}`)
  await stream.append('calls', lines(values))
  process.stdout.write(`${values.join('\n')}\n`)
}
