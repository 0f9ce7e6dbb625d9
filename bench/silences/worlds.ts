import { bursts, cron, crons, deploys, machines, moods, sessions, wander } from './clients.ts'
import { nightly, nights, offices, people, trading, windows } from './days.ts'

/** Every kind of benign traffic, by its name. */
export const WORLDS = {
  machines,
  moods,
  people,
  nights,
  offices,
  trading,
  cron,
  crons,
  nightly,
  sessions,
  bursts,
  deploys,
  wander,
  windows,
} as const
