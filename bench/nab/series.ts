import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A labelled anomaly: first and last row, counted from 0. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** One file of the Numenta Anomaly Benchmark. */
export interface Series {
  /** Folder and file, as in the labels. */
  readonly name: string
  /** Epoch milliseconds of each row. The files name no zone; any will do, and UTC is taken. */
  readonly times: Float64Array
  readonly values: Float64Array
  readonly windows: readonly Window[]
  /** Rows before this one are never scored: 15% of the file, 750 at most. */
  readonly probation: number
}

const PROBATION_SHARE = 0.15
const PROBATION_MOST = 750

/** The twenty files that look like a service's: what machines, balancers and clients of an API report. */
const serviceFolders = ['realAWSCloudwatch/']
const serviceFiles = [
  'realKnownCause/cpu_utilization_asg_misconfiguration.csv',
  'realKnownCause/ec2_request_latency_system_failure.csv',
  'artificialWithAnomaly/art_load_balancer_spikes.csv',
]

export function isService(name: string): boolean {
  return serviceFolders.some((folder) => name.startsWith(folder)) || serviceFiles.includes(name)
}

/** Whether the benchmark's data are in this folder. */
export function hasData(folder: string): boolean {
  return existsSync(join(folder, 'labels', 'combined_windows.json')) && existsSync(join(folder, 'data'))
}

/** Reads all labelled files, in the order of their names. */
export function readAll(folder: string): readonly Series[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')) as Readonly<
    Record<string, readonly (readonly [string, string])[]>
  >
  const data = join(folder, 'data')
  const names = readdirSync(data, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => readdirSync(join(data, entry.name)).map((file) => `${entry.name}/${file}`))
    .filter((name) => name.endsWith('.csv'))
    .sort()
  return names.map((name) => seriesOf(name, readFileSync(join(data, name), 'utf8'), labels[name] ?? []))
}

/** One file's rows under its header, and the labels that belong to it. */
export function seriesOf(name: string, text: string, labels: readonly (readonly [string, string])[]): Series {
  const rows = text.trimEnd().split('\n').slice(1)
  const times = new Float64Array(rows.length)
  const values = new Float64Array(rows.length)
  for (const [i, row] of rows.entries()) {
    const comma = row.indexOf(',')
    times[i] = timeOf(row.slice(0, comma))
    values[i] = Number(row.slice(comma + 1))
  }
  const windows = labels.map(([from, to]) => ({ from: times.indexOf(timeOf(from)), to: times.indexOf(timeOf(to)) }))
  if (windows.some(({ from, to }) => from < 0 || to < from)) throw new Error(`${name} has a label outside its rows`)
  return {
    name,
    times,
    values,
    windows,
    probation: Math.min(Math.floor(PROBATION_SHARE * rows.length), PROBATION_MOST),
  }
}

/** Labels carry six digits of a second, rows none. */
function timeOf(text: string): number {
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)
}
