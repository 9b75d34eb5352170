/** JSON objects as JOSE wants them: no duplicate members, bounded in depth and number, only values that survive a round trip. */
import { describe } from '../options.ts'
import { isFast } from './path.ts'

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [member: string]: Json | undefined }

export type JsonObject = { readonly [member: string]: Json | undefined }

/** Nesting that a header or claims set may have. Deeper trees serve only attacks on recursive readers. */
export const MAX_DEPTH = 16
/** Members, counted over all levels, that a header or claims set may have. */
export const MAX_MEMBERS = 1000

/**
 * Parses text that must be one JSON object, or answers undefined.
 *
 * RFC 7515 section 4 and RFC 7519 section 4 let a parser refuse duplicate member names, and Signet does: two readers
 * that pick different ones disagree about what a token says. JSON.parse silently keeps the last, so the members in the
 * result are compared with those in the text.
 */
export function parseJsonObject(
  text: string,
  maxMembers: number = MAX_MEMBERS,
): JsonObject | undefined {
  const value = parse(text)
  if (!isObject(value)) return undefined
  if (isFast() && isShortest(text, value, maxMembers)) return value
  const members = countParsedMembers(value, 1)
  return members <= maxMembers && members === countMembers(text) ? value : undefined
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** A member is a name, a colon, a value and what separates it from the next: at least `"":0,`. */
const SHORTEST_MEMBER = 5

/**
 * Whether no shorter text says the same. Such a text has no duplicate member, which would make it longer without being in
 * the value; so nothing has to be counted. Nearly every issuer writes so, without white space and needless escapes, and to
 * look at the value takes 40 ns where to look at each character of an access token takes 350.
 */
function isShortest(text: string, value: JsonObject, maxMembers: number): boolean {
  return text.length <= maxMembers * SHORTEST_MEMBER && text.length === shortestLength(value, 1)
}

/** Characters that a value takes at least; NaN when that is not worth finding out, or the value is nested too deep. */
function shortestLength(value: Json | undefined, depth: number): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value === 'number') return shortestNumber(value)
  if (typeof value === 'boolean') return value ? 4 : 5
  if (value === null || value === undefined) return 4
  if (depth > MAX_DEPTH) return Number.NaN
  return Array.isArray(value)
    ? shortestList(value, depth)
    : shortestObject(value as JsonObject, depth)
}

/** Two brackets, and a comma after each element but the last. */
function shortestList(list: readonly Json[], depth: number): number {
  let length = 1
  for (const element of list) length += shortestLength(element, depth + 1) + 1
  return Math.max(length, 2)
}

function shortestObject(object: JsonObject, depth: number): number {
  let length = 1
  for (const name in object) {
    if (!isOwn(object, name)) continue
    const value = object[name]
    // Texts and numbers are asked for here rather than by a call, for another 30 ns.
    if (typeof value === 'string') length += name.length + value.length + 6
    else if (typeof value === 'number') length += name.length + 4 + shortestNumber(value)
    else length += name.length + 4 + shortestLength(value, depth + 1)
  }
  return Math.max(length, 2)
}

/** Digits, where no exponent could be shorter: that takes three zeros at the end. */
function shortestNumber(value: number): number {
  if (!(value >= 0 && value < 1e10) || Math.floor(value) !== value) return Number.NaN
  if (value >= 1000 && Math.floor(value / 1000) * 1000 === value) return Number.NaN
  // Most numbers in tokens are times, and have ten.
  if (value >= 1e9) return 10
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  return digits
}

/** Infinity when the value is nested too deep. */
function countParsedMembers(value: unknown, depth: number): number {
  if (value === null || typeof value !== 'object') return 0
  if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY
  const children = Object.values(value)
  let members = Array.isArray(value) ? 0 : children.length
  for (const child of children) members += countParsedMembers(child, depth + 1)
  return members
}

/** Colons outside strings, which in valid JSON is the number of members. */
function countMembers(text: string): number {
  let members = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (inString) {
      if (char === 0x5c /* \ */) i++
      else if (char === 0x22 /* " */) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x3a /* : */) members++
  }
  return members
}

/**
 * Refuses a value that JSON would change without a word: NaN becomes null, a Date a string, undefined in a list null.
 *
 * @param path where the value stands, for the message
 * @throws TypeError naming the place and what stands there
 */
export function checkJson(value: unknown, path: string): void {
  // The question first, and the place only where the answer is no: building a path for each member takes longer than both.
  if (!isJson(value, 1)) findOffence(value, path, 1)
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (const element of value) if (!isJson(element, depth + 1)) return false
    return true
  }
  if (!isPlainObject(value)) return false
  for (const name in value) {
    if (!isOwn(value, name)) continue
    const child = value[name]
    if (child !== undefined && !isJson(child, depth + 1)) return false
  }
  return true
}

function findOffence(value: unknown, path: string, depth: number): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (typeof value !== 'object' || !(Array.isArray(value) || isPlainObject(value))) {
    throw new TypeError(`${path} must be a JSON value, got ${describeValue(value)}`)
  }
  if (depth > MAX_DEPTH) throw new TypeError(`${path} is nested deeper than ${MAX_DEPTH} levels`)
  for (const [name, child] of Object.entries(value)) {
    const childPath = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`
    if (child !== undefined || Array.isArray(value)) findOffence(child, childPath, depth + 1)
  }
}

/**
 * Whether a member that for-in has named is the object's own. In this old form V8 knows the answer without asking;
 * Object.hasOwn costs 50 ns for the claims of an access token, and Object.entries 100.
 */
export function isOwn(object: object, name: string): boolean {
  // biome-ignore lint/suspicious/noPrototypeBuiltins: the other form is the slow one
  return Object.prototype.hasOwnProperty.call(object, name)
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describeValue(value: unknown): string {
  if (value instanceof Date) return 'a Date; write seconds since the epoch or an ISO string'
  if (typeof value === 'object' && value !== null)
    return `a ${value.constructor?.name ?? 'strange object'}`
  return describe(value)
}

/** Freezes a parsed value through and through, so that a reader cannot change what the next reader sees. */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  for (const name in value) {
    if (isOwn(value, name) && typeof value[name] === 'object') deepFreeze(value[name])
  }
  return Object.freeze(value)
}
