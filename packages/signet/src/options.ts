/**
 * The one way options are read. A misspelt option or one that is present but undefined must never mean "no check", so
 * both are refused by name before anything else happens.
 */

interface OptionRules {
  /** Options that may be present and undefined. */
  readonly undefinedIsAbsent?: readonly string[]
  /** What other libraries call an option, and what to write here. */
  readonly foreign?: { readonly [name: string]: string }
}

/**
 * Refuses what is not a plain options object made of `allowed` names with defined values.
 *
 * @param where the function as the caller wrote it, for the message
 * @throws TypeError naming the option and, when one is near, the name that was probably meant
 */
export function checkOptions(
  where: string,
  options: object,
  allowed: readonly string[],
  { undefinedIsAbsent = [], foreign = {} }: OptionRules = {},
): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new TypeError(`${where}: options must be an object, got ${describe(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!allowed.includes(name)) {
      throw new TypeError(`${where}: unknown option '${name}'; ${hintAt(name, allowed, foreign)}`)
    }
    if (value === undefined && !undefinedIsAbsent.includes(name)) {
      throw new TypeError(
        `${where}: option '${name}' is undefined; leave it out or give it a value, since an undefined check would be no check`,
      )
    }
  }
}

/** A number of seconds within bounds. @throws TypeError or RangeError naming the option */
export function checkSeconds(
  name: string,
  value: unknown,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TypeError(`'${name}' must be a number of seconds, got ${describe(value)}`)
  }
  if (value < min || value > max) {
    const bounds = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`
    throw new RangeError(`'${name}' must be ${bounds} seconds, got ${value}`)
  }
  return value
}

/**
 * A non-empty string that UTF-8 can say. Half a surrogate pair it cannot: two different ones would be written, hashed and
 * stored as the same replacement character.
 *
 * @throws TypeError naming the option
 */
export function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`'${name}' must be a non-empty string, got ${describe(value)}`)
  }
  if (!value.isWellFormed()) throw new TypeError(`'${name}' must be well-formed Unicode`)
  return value
}

/** A non-empty string or a non-empty list of them, as a list. @throws TypeError naming the option */
export function checkTexts(name: string, value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new TypeError(`'${name}' must not be an empty list`)
  return list.map((item) => checkText(name, item))
}

/** An audience as it was given, a text or a list, once it has been checked. @throws TypeError naming the option */
export function checkAudience(audience: string | readonly string[]): string | readonly string[] {
  const list = checkTexts('audience', audience)
  return typeof audience === 'string' ? audience : list
}

/** One of a few words. @throws TypeError naming the option and the words */
export function checkOneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T {
  if (!words.includes(value as T)) {
    throw new TypeError(
      `'${name}' must be ${words.map((word) => `'${word}'`).join(' or ')}, got ${describe(value)}`,
    )
  }
  return value as T
}

/** @throws TypeError naming the option */
export function checkFlag(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new TypeError(`'${name}' must be true or false, got ${describe(value)}`)
  }
  return value
}

/** The kind of a value, for a message: never its content, which may be a secret. Numbers and booleans are shown. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`
  if (value instanceof Date) return 'a Date'
  if (value === undefined) return 'undefined'
  return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`
}

function hintAt(
  name: string,
  allowed: readonly string[],
  foreign: { readonly [name: string]: string },
): string {
  if (Object.hasOwn(foreign, name)) return `${foreign[name]}`
  const meant = nearest(name, allowed)
  return meant === undefined ? `known are ${allowed.join(', ')}` : `did you mean '${meant}'?`
}

function nearest(name: string, allowed: readonly string[]): string | undefined {
  const near = allowed
    .map((candidate) => ({
      candidate,
      distance: distance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 4))
    .sort((a, b) => a.distance - b.distance)
  return near[0]?.candidate
}

/** Levenshtein distance, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
