/** The part of JSON Schema that settings are looked up in. */
export interface Shape {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Shape
  readonly items?: Shape
  readonly oneOf?: readonly Shape[]
  readonly anyOf?: readonly Shape[]
}

export type Path = readonly (string | number)[]

/** The alternatives of a union, or the shape itself. */
export function alternatives(shape: Shape): readonly Shape[] {
  return (shape.oneOf ?? shape.anyOf ?? [shape]).flatMap((one) => (one === shape ? [one] : alternatives(one)))
}

/** What is below one step; of a union, the first alternative that has it. */
export function below(shape: Shape | undefined, step: string | number): Shape | undefined {
  if (shape === undefined) return undefined
  for (const one of alternatives(shape)) {
    if (typeof step === 'number' && one.items !== undefined) return one.items
    const known = Object.hasOwn(one.properties ?? {}, step) ? one.properties?.[step] : undefined
    if (known !== undefined) return known
    if (typeof one.additionalProperties === 'object') return one.additionalProperties
  }
  return undefined
}

export function shapeAt(shape: Shape, path: Path): Shape | undefined {
  return path.reduce<Shape | undefined>((at, step) => below(at, step), shape)
}

/** The names of all settings directly below. Of a union, those of the alternative that `value.kind` chooses, if it does. */
export function namesBelow(shape: Shape | undefined, value?: unknown): readonly string[] {
  if (shape === undefined) return []
  const kind = (value as { kind?: unknown } | null | undefined)?.kind
  const all = alternatives(shape)
  const chosen = all.filter((one) => kind !== undefined && one.properties?.kind?.const === kind)
  const names = (chosen.length > 0 ? chosen : all).flatMap((one) => Object.keys(one.properties ?? {}))
  return [...new Set(names)]
}

export function takes(shape: Shape | undefined, type: 'string' | 'array'): boolean {
  return (
    shape !== undefined && alternatives(shape).some((one) => one.type === type || (type === 'string' && isText(one)))
  )
}

function isText(shape: Shape): boolean {
  return typeof shape.const === 'string' || typeof shape.enum?.[0] === 'string'
}

/** What a setting must be, in words. */
export function expectation(shape: Shape): string {
  return [...new Set(alternatives(shape).map(expectationOfOne))].join(', or ')
}

function expectationOfOne(shape: Shape): string {
  if (shape.const !== undefined) return String(shape.const)
  if (shape.enum !== undefined) return `one of ${shape.enum.join(', ')}`
  const bounds = boundsOf(shape)
  if (shape.type === 'integer') return `a whole number${bounds === null ? '' : `, ${bounds}`}`
  if (shape.type === 'number') return `a number${bounds === null ? '' : `, ${bounds}`}`
  if (shape.type === 'boolean') return 'true or false'
  if (shape.type === 'array') return (shape.minItems ?? 0) > 0 ? `a list of at least ${shape.minItems}` : 'a list'
  if (shape.type === 'object') return 'a group of settings'
  return (shape.minLength ?? 0) > 0 ? 'text that is not empty' : 'text'
}

/** The least and the most that a number may be, in words; `null` where it has no bounds. */
export function boundsOf({ minimum, maximum }: Shape): string | null {
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum
  if (least !== undefined && most !== undefined) return `${least} to ${most}`
  if (least !== undefined) return `at least ${least}`
  return most === undefined ? null : `at most ${most}`
}
