/** What the benchmark publishes of other detectors, and what follows from their published rows. */
export interface Published {
  readonly name: string
  /** Its folder in the benchmark's results. */
  readonly folder: string
  /** Scoreboard of the benchmark's README: standard, low FP, low FN. */
  readonly board: readonly [number, number, number]
  /** Windows found and false rows at its best standard threshold, recomputed from its rows. */
  readonly found: readonly [hits: number, falseRows: number] | null
  /** The twenty service files alone at the thresholds for all files. */
  readonly service: readonly [number, number, number] | null
  /** Knew the smallest and largest value of the whole file, or its number of rows, before the first row. */
  readonly looksAhead: boolean
}

export const published: readonly Published[] = [
  one('ARTime', 'ARTime', [74.9, 65.1, 80.4], [106, 217], [68.4, 55.8, 75.1], true),
  one('Numenta HTM', 'numenta', [70.1, 63.1, 74.3], [96, 153], [73.2, 66.7, 77.4], true),
  one('CAD OSE', 'contextOSE', [69.9, 67.0, 73.2], [92, 64], [71.9, 67.1, 76.7], true),
  one('HTM Java', 'htmjava', [65.5, 53.3, 70.4], [91, 160], null, true),
  one('NumentaTM', 'numentaTM', [64.6, 56.7, 69.2], [91, 193], null, true),
  one('earthgecko Skyline', 'earthgeckoSkyline', [58.2, 46.2, 63.9], [87, 265], [57.4, 43.9, 64.0], false),
  one('KNN CAD', 'knncad', [58.0, 43.4, 64.8], [91, 313], [60.9, 50.5, 66.3], false),
  one('Relative Entropy', 'relativeEntropy', [54.6, 47.6, 58.8], [78, 156], [54.6, 48.5, 58.3], true),
  one('Random Cut Forest', 'randomCutForest', [51.7, 38.4, 59.7], [87, 384], [58.6, 45.3, 68.1], false),
  one('Twitter ADVec', 'twitterADVec', [47.1, 33.6, 53.5], [77, 295], [44.0, 31.3, 51.3], false),
  one('Windowed Gaussian', 'windowedGaussian', [39.6, 20.9, 47.4], [73, 409], [34.2, 9.2, 44.7], false),
  one('Etsy Skyline', 'skyline', [35.7, 27.1, 44.5], [72, 497], [45.9, 39.9, 52.5], false),
  one('Bayesian changepoint', 'bayesChangePt', [17.7, 3.2, 32.2], [67, 766], null, false),
  one('EXPoSE', 'expose', [16.4, 3.2, 26.9], [51, 504], null, false),
]

function one(
  name: string,
  folder: string,
  board: Published['board'],
  found: Published['found'],
  service: Published['service'],
  looksAhead: boolean,
): Published {
  return { name, folder, board, found, service, looksAhead }
}
