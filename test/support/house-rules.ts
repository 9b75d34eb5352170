/** The checkers behind test/architecture.test.ts. The rules are data and stand there. */
import { posix } from 'node:path'
import { actionsAtTop, functionsOf, type Import, importsOf, lineOf, type Source } from './source.ts'

/** A group of files with one place in the order of imports. A file is in the first room whose pattern fits its path. */
export interface Room {
  readonly name: string
  readonly files: RegExp
  /** Rooms whose files these may import. A room may always import itself. */
  readonly imports: readonly string[]
  /** Rooms whose types these may import as well. */
  readonly importsTypes?: readonly string[]
  /** The room is many rooms of one kind: files with different answers here must not import each other. */
  readonly apart?: (path: string) => string
  /** Packages these may import. */
  readonly packages?: readonly string[]
  /** The same for packages of which only the listed subpaths are public: `name`, `name/subpath`. */
  readonly subpaths?: readonly string[]
  /** Packages of which these may import declarations only. */
  readonly packageTypes?: readonly string[]
}

/** Something that may be mentioned in few places only. */
export interface Absence {
  readonly what: string
  /** Matched against the source without comments and, unless `inStrings`, without the insides of strings. */
  readonly pattern: RegExp
  readonly inStrings?: boolean
  readonly allowedIn: RegExp
  readonly instead: string
}

export interface Violation {
  readonly file: string
  readonly line: number
  readonly rule: string
}

export const print = ({ file, line, rule }: Violation) => `${file}:${line}: ${rule}`

/** Imports that go against the table, or leave the package by another way than its front door. */
export function checkDirections(
  sources: readonly Source[],
  rooms: readonly Room[],
): readonly Violation[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path, rooms)
    if (room === undefined) {
      return [{ file: source.path, line: 1, rule: 'the file is in no room of the import table' }]
    }
    return importsOf(source).flatMap((each) => {
      const rule = isRelative(each)
        ? directionRule(source.path, room, each, rooms)
        : packageRule(room, each)
      return rule === undefined ? [] : [{ file: source.path, line: each.line, rule }]
    })
  })
}

function directionRule(
  path: string,
  room: Room,
  each: Import,
  rooms: readonly Room[],
): string | undefined {
  const target = resolve(path, each)
  const other = roomOf(target, rooms)
  if (other === undefined) return `imports ${target}, which is in no room of the import table`
  if (other === room) {
    return room.apart === undefined || room.apart(path) === room.apart(target)
      ? undefined
      : `files of ${room.name} never import each other, and this imports ${target}`
  }
  if (room.imports.includes(other.name)) return undefined
  if (room.importsTypes?.includes(other.name)) {
    return each.typeOnly
      ? undefined
      : `${room.name} may import only types of ${other.name}: ${target}`
  }
  return `${room.name} must not import ${other.name}: ${target}`
}

function packageRule(room: Room, { specifier, typeOnly }: Import): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  const [first = '', second] = specifier.split('/')
  const name = first.startsWith('@') ? `${first}/${second}` : first
  if (room.packages?.includes(name) || room.subpaths?.includes(specifier)) return undefined
  if (room.packageTypes?.includes(name)) {
    return typeOnly ? undefined : `${room.name} may import only types of the package ${specifier}`
  }
  return `${room.name} must not import the package ${specifier}`
}

export function checkAbsences(
  sources: readonly Source[],
  absences: readonly Absence[],
): readonly Violation[] {
  return absences.flatMap(({ what, pattern, inStrings, allowedIn, instead }) =>
    sources
      .filter(({ path }) => !allowedIn.test(path))
      .flatMap(({ path, code, words }) => {
        const text = inStrings ? code : words
        const everywhere = new RegExp(pattern, 'g')
        return [...text.matchAll(everywhere)].map(({ index }) => ({
          file: path,
          line: lineOf(text, index),
          rule: `${what} has no place here: ${instead}`,
        }))
      }),
  )
}

/** Files that import each other in a circle at run time, one violation for each circle. */
export function checkCycles(sources: readonly Source[]): readonly Violation[] {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source).filter((each) => !each.typeOnly && isRelative(each)),
    ]),
  )
  const found: Violation[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]) => {
    for (const each of graph.get(path) ?? []) {
      const target = resolve(path, each)
      const start = way.indexOf(target)
      if (start !== -1) {
        const circle = [...way.slice(start), target].map((step) => posix.basename(step))
        found.push({ file: path, line: each.line, rule: `import cycle: ${circle.join(' -> ')}` })
      } else if (!done.has(target)) visit(target, [...way, target])
    }
    done.add(path)
  }
  for (const path of graph.keys()) if (!done.has(path)) visit(path, [path])
  return found
}

/** Modules that do something when they are imported. */
export function checkSideEffects(
  sources: readonly Source[],
  allowedIn: RegExp,
): readonly Violation[] {
  return sources
    .filter(({ path }) => !allowedIn.test(path))
    .flatMap((source) =>
      actionsAtTop(source).map((line) => ({
        file: source.path,
        line,
        rule: 'an import must have no side effects: declare here, and let a function do it',
      })),
    )
}

export function checkSizes(
  sources: readonly Source[],
  limits: { readonly file: number; readonly function: number },
): readonly Violation[] {
  return sources.flatMap((source) => {
    const lines = source.text.trimEnd().split('\n').length
    const file = source.path
    const long = functionsOf(source).filter((each) => each.lines > limits.function)
    return [
      ...(lines > limits.file
        ? [{ file, line: lines, rule: `${lines} lines; at most ${limits.file}` }]
        : []),
      ...long.map((each) => ({
        file,
        line: each.line,
        rule: `a function of ${each.lines} lines; at most ${limits.function}`,
      })),
    ]
  })
}

/** Files that nothing imports and no package.json names. */
export function checkDeadFiles(
  sources: readonly Source[],
  entries: readonly string[],
): readonly Violation[] {
  const imported = new Set(
    sources.flatMap((source) =>
      importsOf(source).flatMap((each) => (isRelative(each) ? [resolve(source.path, each)] : [])),
    ),
  )
  return sources
    .filter(({ path }) => !imported.has(path) && !entries.includes(path))
    .map(({ path }) => ({ file: path, line: 1, rule: 'nothing imports this file' }))
}

function roomOf(path: string, rooms: readonly Room[]): Room | undefined {
  return rooms.find(({ files }) => files.test(path))
}

function isRelative({ specifier }: Import): boolean {
  return specifier.startsWith('.')
}

function resolve(path: string, { specifier }: Import): string {
  return posix.join(posix.dirname(path), specifier)
}
