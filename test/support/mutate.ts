/** Hostile variations of tokens, reproducible from a seed. */

import type { Dice } from './dice.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const strays = [
  ...'.=+/ \n\r\t\0"{}[]:,%?&',
  '\u00a0',
  '\u200b',
  '\ufeff',
  'Ł',
  '😀',
  '==',
  '%3D',
  'Bearer ',
]

type Mutation = (token: string, dice: Dice, others: readonly string[]) => string

/** Replaces the JSON of a segment, signature left as it is. */
const rewrite = (token: string, index: 0 | 1, change: (text: string) => string): string => {
  const segments = token.split('.')
  const text = Buffer.from(segments[index] ?? '', 'base64url').toString()
  segments[index] = Buffer.from(change(text)).toString('base64url')
  return segments.join('.')
}

const splice = (text: string, at: number, remove: number, insert: string) =>
  text.slice(0, at) + insert + text.slice(at + remove)

const mutations: readonly Mutation[] = [
  (token, dice) => splice(token, dice.below(token.length), 1, dice.pick([...alphabet])),
  (token, dice) => splice(token, dice.below(token.length + 1), 0, dice.pick([...alphabet])),
  (token, dice) => splice(token, dice.below(token.length), 1 + dice.below(4), ''),
  (token, dice) => splice(token, dice.below(token.length + 1), dice.below(2), dice.pick(strays)),
  (token, dice) => splice(token, token.length - 1 - dice.below(2), 1, dice.pick([...alphabet])),
  (token, dice) => token.slice(0, dice.below(token.length)),
  (token, dice) => {
    const at = dice.below(token.length)
    return splice(
      token,
      at,
      1,
      String.fromCharCode((token.charCodeAt(at) ^ (1 << dice.below(16))) & 0xffff),
    )
  },
  (token, dice, others) => {
    const [segments, foreign] = [token.split('.'), dice.pick(others).split('.')]
    const index = dice.below(3)
    segments[index] = foreign[index] ?? ''
    return segments.join('.')
  },
  (token, dice) => {
    const segments = token.split('.')
    const [a, b] = [dice.below(3), dice.below(3)]
    ;[segments[a], segments[b]] = [segments[b] ?? '', segments[a] ?? '']
    return segments.join('.')
  },
  (token, dice) =>
    rewrite(token, 0, (text) =>
      text.replace(
        /"alg":"[^"]*"/,
        `"alg":${dice.pick(['"none"', '"HS256"', '"HS384"', '"ES256"', '"RS256"', 'null', '["HS256"]', '"hs256"'])}`,
      ),
    ),
  (token, dice) =>
    rewrite(token, 0, (text) =>
      text.replace(
        '{',
        `{${dice.pick(['"crit":["x"],', '"b64":false,', '"kid":5,', '"alg":"none",', '"jwk":{},', '"__proto__":{},'])}`,
      ),
    ),
  (token, dice) =>
    rewrite(token, 1, (text) =>
      text.replace(
        '{',
        `{${dice.pick(['"sub":"1",', '"admin":true,', '"exp":1e400,', '"__proto__":{},'])}`,
      ),
    ),
  (token, dice) => {
    const text = token.split('.')[1] ?? ''
    const bytes = Buffer.from(text, 'base64url')
    const at = dice.below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8))
    return token.replace(text, bytes.toString('base64url'))
  },
  (token, dice) =>
    dice.pick([
      token.toLowerCase(),
      token.toUpperCase(),
      token + token,
      `${token}.`,
      `.${token}`,
      token.replaceAll('.', '..'),
      [...token].reverse().join(''),
    ]),
]

/** One token, changed in one to three ways; now and then the result is the token itself. */
export function mutate(token: string, dice: Dice, others: readonly string[]): string {
  let mutant = token
  for (let i = dice.below(3); i >= 0 && mutant !== ''; i--) {
    mutant = dice.pick(mutations)(mutant, dice, others)
  }
  return mutant
}

const fragments = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\u0000',
  '\\',
  'null',
  'true',
  '1e400',
  '-0',
  '1e-7',
  '"exp"',
  '"iss"',
  '"aud"',
  '"sub"',
  '"__proto__"',
  '"alg":"HS256"',
  '"kid"',
  '"crit"',
  '\ufeff',
  '\u0000',
  '😀',
  ' ',
  '{"a":'.repeat(20),
  '[['.repeat(9),
]

/** A text that is nearly JSON, or is. */
export function nearlyJson(text: string, dice: Dice): string {
  let result = text
  for (let i = dice.below(4); i > 0; i--) {
    result = splice(result, dice.below(result.length + 1), dice.below(3), dice.pick(fragments))
  }
  return result
}
