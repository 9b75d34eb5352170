/**
 * Values as the text that statements take. Every parameter is text and the statement casts it, so no driver has to guess a
 * type.
 */

/**
 * Postgres text cannot hold U+0000, and one such character in a client's id would fail the whole batch it is in. So it is
 * written as two characters, of which the first stands for itself when doubled.
 */
const ESCAPE = '\u0001'
const NUL = '\0'

export function encodeText(text: string): string {
  if (!text.includes(NUL) && !text.includes(ESCAPE)) return text
  return text.replaceAll(ESCAPE, ESCAPE + ESCAPE).replaceAll(NUL, `${ESCAPE}0`)
}

export function decodeText(text: string): string {
  if (!text.includes(ESCAPE)) return text
  return text
    .split(ESCAPE + ESCAPE)
    .map((part) => part.replaceAll(`${ESCAPE}0`, NUL))
    .join(ESCAPE)
}

/** A parameter: undefined is NULL. */
export function parameter(value: string | number | undefined): string | null {
  if (value === undefined) return null
  return typeof value === 'number' ? String(value) : encodeText(value)
}

/** A list as one parameter, in the text form of arrays (PostgreSQL manual, section 8.15.6). */
export function arrayParameter(values: readonly (string | number | undefined)[]): string {
  let text = '{'
  for (const value of values) {
    if (text !== '{') text += ','
    if (value === undefined) text += 'NULL'
    else if (typeof value === 'number') text += value
    else text += `"${encodeText(value).replace(/["\\]/g, '\\$&')}"`
  }
  return `${text}}`
}
