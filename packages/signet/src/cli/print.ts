/** Text for people: JSON that cannot command the terminal, times as distances, colours where they show. */

/** Text in which everything that a terminal could take for a command, or that reverses the line, is escaped. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** JSON for the terminal: JSON itself escapes the control characters below the space. */
export function printJson(value: unknown): string {
  return printable(JSON.stringify(value, undefined, 2))
}

const units = [
  { name: 's', seconds: 1, below: 120 },
  { name: 'min', seconds: 60, below: 2 * 3600 },
  { name: 'h', seconds: 3600, below: 2 * 86_400 },
  { name: 'days', seconds: 86_400, below: Number.POSITIVE_INFINITY },
] as const

/** "in 12 min", "3 h ago" or "now". */
export function printDistance(seconds: number): string {
  const distance = Math.abs(Math.round(seconds))
  if (distance === 0) return 'now'
  const unit = units.find(({ below }) => distance < below) ?? units[3]
  const text = `${Math.floor(distance / unit.seconds)} ${unit.name}`
  return seconds > 0 ? `in ${text}` : `${text} ago`
}

const colours = { green: 32, red: 31, yellow: 33 } as const

export function paint(text: string, colour: keyof typeof colours, shows: boolean): string {
  return shows ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text
}
