/**
 * How good the alerts are: generated worlds with labelled attacks and benign trouble, through the stages of `tidemark replay` with shipped
 * settings, scored by events. See bench/QUALITY.md.
 * `npm run quality -- [--split dev|val] [--seeds 1-20] [--size small|large] [--hours N] [--calls-per-day N] [--attacks N] [--budget 1[,10]]
 * [--picture FILE] [--report text|json]`
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { loadDetectors } from '#src/command/engine.ts'
import { isContext } from '#src/detection/context.ts'
import { grouped, progress, report } from './figures.ts'
import { type WorldSize, worldSizes } from './quality/endpoints.ts'
import { qualityLog } from './quality/log.ts'
import { pictureOf } from './quality/picture.ts'
import { neededIn, planOf } from './quality/plan.ts'
import { play } from './quality/play.ts'
import { scoreOf } from './quality/score.ts'
import { isHeldOut, seedsOf } from './quality/seeds.ts'
import { type Run, summaryOf } from './quality/summary.ts'
import { detailsText, summaryText } from './quality/tables.ts'
import { createWorld } from './quality/world.ts'

const { values: flags } = parseArgs({
  options: {
    split: { type: 'string', default: 'dev' },
    seeds: { type: 'string' },
    size: { type: 'string', default: 'small' },
    hours: { type: 'string' },
    'calls-per-day': { type: 'string' },
    attacks: { type: 'string' },
    budget: { type: 'string', default: '1' },
    picture: { type: 'string' },
    report: { type: 'string', default: 'text' },
  },
})

/** The size that was asked for, with what was changed about it. */
function sizeOf(): WorldSize {
  if (flags.size !== 'small' && flags.size !== 'large') throw new Error('--size takes small or large')
  const size = worldSizes[flags.size]
  return {
    ...size,
    hours: Number(flags.hours ?? size.hours),
    callsPerDay: Number(flags['calls-per-day'] ?? size.callsPerDay),
    attacks: Number(flags.attacks ?? size.attacks),
  }
}

async function runSeed(seed: number, size: WorldSize, budgets: readonly number[]): Promise<readonly Run[]> {
  const started = performance.now()
  const world = createWorld(seed, size)
  const log = qualityLog(world, planOf(world))
  const played = await play(log.lines(), budgets, world.to)
  const whole = (performance.now() - started) / 1000
  const replays = played.reduce((sum, { seconds }) => sum + seconds, 0)
  const { calls, late, duplicates } = played[0]!
  progress(
    `seed ${seed}: ${grouped(calls)} calls (${late} late, ${duplicates} duplicates), made in ${(whole - replays).toFixed(1)} s, replayed in ${played
      .map(({ seconds }) => `${seconds.toFixed(1)} s (${grouped(calls / seconds)} calls/s)`)
      .join(', ')}`,
  )
  return played.map((one) => ({
    seed,
    world,
    days: size.hours / 24,
    needed: neededIn(world),
    played: one,
    score: scoreOf(log.labels, one.alerts),
  }))
}

async function main(): Promise<void> {
  const seeds = seedsOf(flags.split, flags.seeds)
  const size = sizeOf()
  const budgets = flags.budget.split(',').map(Number)
  const detectors = new Set([...(await loadDetectors())].flatMap(([name, one]) => (isContext(one) ? [] : [name])))
  const runs: Run[] = []
  for (const seed of seeds) runs.push(...(await runSeed(seed, size, budgets)))
  const ofBudget = (budget: number) => runs.filter(({ played }) => played.budget === budget)
  const summaries = budgets.map((budget) => summaryOf(ofBudget(budget), detectors))
  if (flags.picture !== undefined) await writeFile(flags.picture, pictureOf(summaries))
  const megabytes = process.resourceUsage().maxRSS / 1024
  // Held-out worlds must not be learned from: only what all of them have in common is shown.
  const details = runs.filter(({ seed }) => !isHeldOut(seed)).map(detailsText)
  const text = [
    ...summaries.map((summary) => summaryText(summary, detectors)),
    ...details,
    `Resident memory at most ${grouped(megabytes)} MB, generator and stages together.`,
  ].join('\n\n')
  report(flags.report === 'json' ? 'json' : 'text', { size, summaries, megabytes }, text)
}

await main()
