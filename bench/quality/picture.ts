import type { Summary } from './summary.ts'

/** One line of a panel: a value for each budget, `null` where there is none. */
interface Series {
  readonly name: string
  readonly colour: string
  readonly values: readonly (number | null)[]
}

interface Panel {
  readonly title: string
  readonly left: number
  readonly series: readonly Series[]
  readonly marks: readonly number[]
  readonly label: (mark: number) => string
  /** Where a value lies between the bottom (0) and the top (1). */
  readonly place: (value: number) => number
}

const WIDTH = 960
const HEIGHT = 416
const TOP = 84
const BOTTOM = 330
const PANEL = 370
const INK = '#1f2933'
const QUIET = '#66727f'
const GRID = '#e3e8ed'
const colours = ['#0b6e99', '#d9822b', '#8a94a0']
const names = ['2× the needed evidence and more', '1 to 2×', 'below']

/** Recall and median delay against the alert budget, side by side: SVG, text in it can be selected and read aloud. */
export function pictureOf(summaries: readonly Summary[]): string {
  const sorted = summaries.toSorted((a, b) => a.budget - b.budget)
  const budgets = sorted.map(({ budget }) => budget)
  // The strongest first, as in the legend.
  const order = [2, 1, 0]
  const series = (of: (summary: Summary, bin: number) => number | null): Series[] =>
    order.map((bin, i) => ({ name: names[i]!, colour: colours[i]!, values: sorted.map((one) => of(one, bin)) }))
  const recall = series(({ byEvidence }, bin) => {
    const { attacks, told } = byEvidence[bin]!
    return attacks === 0 ? null : told / attacks
  })
  const delay = series(({ byEvidence }, bin) => byEvidence[bin]!.medianSeconds)
  const attacks = sorted[0]?.covered.attacks ?? 0
  const said = `${attacks} labelled attacks in ${sorted[0]?.seeds.length ?? 0} generated worlds, of kinds that a detector exists for; seconds are of event time`
  const panels: Panel[] = [
    {
      title: 'Attacks told',
      left: 70,
      series: recall,
      marks: [0, 0.25, 0.5, 0.75, 1],
      label: (m) => `${m * 100}%`,
      place: (v) => v,
    },
    {
      title: 'Median delay',
      left: 552,
      series: delay,
      marks: [10, 60, 300, 1800, 7200],
      label: spell,
      place: (v) => Math.log(Math.max(v, 5) / 5) / Math.log(10_000 / 5),
    },
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Recall and median delay against the alert budget" font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="10" fill="#ffffff"/>`,
    ...panels.map((panel) => panelOf(panel, budgets)),
    ...legend(),
    text(70, HEIGHT - 14, said, `font-size="11" fill="${QUIET}"`),
    '</svg>',
    '',
  ].join('\n')
}

function panelOf(panel: Panel, budgets: readonly number[]): string {
  const x = (i: number) => panel.left + 24 + (budgets.length < 2 ? 0.5 : i / (budgets.length - 1)) * (PANEL - 48)
  // What lies beyond the scale is drawn at its end.
  const y = (value: number) => BOTTOM - Math.min(1, Math.max(0, panel.place(value))) * (BOTTOM - TOP)
  const lines = panel.marks.flatMap((mark) => [
    `<line x1="${panel.left}" x2="${panel.left + PANEL}" y1="${at(y(mark))}" y2="${at(y(mark))}" stroke="${GRID}"/>`,
    text(panel.left - 10, y(mark) + 4, panel.label(mark), `text-anchor="end" font-size="12" fill="${QUIET}"`),
  ])
  const ticks = budgets.map((budget, i) =>
    text(x(i), BOTTOM + 20, String(budget), `text-anchor="middle" font-size="12" fill="${QUIET}"`),
  )
  // The strongest is drawn last, on top of the others.
  const curves = panel.series.toReversed().flatMap(({ colour, values }) => {
    const points = values.flatMap((value, i) => (value === null ? [] : [{ x: at(x(i)), y: at(y(value)) }]))
    return [
      `<polyline points="${points.map((p) => `${p.x},${p.y}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"/>`,
      ...points.map(
        (p) => `<circle cx="${p.x}" cy="${p.y}" r="4.5" fill="${colour}" stroke="#ffffff" stroke-width="1.5"/>`,
      ),
    ]
  })
  return [
    text(panel.left, TOP - 20, panel.title, `font-size="15" font-weight="600" fill="${INK}"`),
    ...lines,
    ...ticks,
    text(
      panel.left + PANEL / 2,
      BOTTOM + 40,
      'false alarms a day that are allowed',
      `text-anchor="middle" font-size="12" fill="${QUIET}"`,
    ),
    ...curves,
  ].join('\n')
}

function legend(): string[] {
  return names.flatMap((name, i) => {
    const left = 70 + [0, 270, 370][i]!
    return [
      `<circle cx="${left + 5}" cy="28" r="5" fill="${colours[i]}"/>`,
      text(left + 16, 32, name, `font-size="13" fill="${INK}"`),
    ]
  })
}

function spell(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${content}</text>`
}

function at(place: number): number {
  return Math.round(10 * place) / 10
}
