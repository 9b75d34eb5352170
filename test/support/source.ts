/**
 * Reads TypeScript sources just well enough for the architecture test: imports, functions, statements at the top.
 *
 * Node's own type stripping does the hard part. It blanks out types and keeps every position, so that what is left is
 * JavaScript on the same lines, and an import that vanished was type-only. On that, a scanner that knows comments,
 * strings, templates and regular expressions can count braces. The sources are formatted by Biome, which is relied on.
 */
import { stripTypeScriptTypes } from 'node:module'

export interface Source {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string
  /** As written. */
  readonly text: string
  /** Without comments. */
  readonly code: string
  /** Without comments and without the insides of strings, templates and regular expressions. */
  readonly words: string
  /** `words` without types: what runs. */
  readonly running: string
}

export interface Import {
  readonly specifier: string
  readonly line: number
  readonly typeOnly: boolean
  /** Between `import` and `from`: `{ a, b }`, `* as c`, or nothing. */
  readonly names: string
}

export interface FunctionSpan {
  readonly line: number
  readonly lines: number
}

export function readSource(path: string, text: string): Source {
  return {
    path,
    text,
    code: blank(text, { insides: false }),
    words: blank(text, { insides: true }),
    running: blank(stripTypeScriptTypes(text), { insides: true }),
  }
}

export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

const importForms = [
  /^import\s+(?<names>(?:type\s+)?[\w*{},\s$]+?)\s+from\s*(?<quote>['"])(?<specifier>.+?)\k<quote>/gm,
  /^export\s+(?<names>(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\}))\s*from\s*(?<quote>['"])(?<specifier>.+?)\k<quote>/gm,
  /^import\s*(?<names>)(?<quote>['"])(?<specifier>.+?)\k<quote>/gm,
  /\bimport\((?<names>)\s*(?<quote>['"])(?<specifier>.+?)\k<quote>/g,
]

/** Every import and re-export, in the order of their lines. */
export function importsOf({ code, running }: Source): readonly Import[] {
  const found = importForms.flatMap((form) => [...code.matchAll(form)])
  return found
    .map((match) => ({
      specifier: match.groups?.specifier ?? '',
      names: match.groups?.names ?? '',
      line: lineOf(code, match.index),
      typeOnly: !/^(import|export)/.test(running.slice(match.index)),
    }))
    .toSorted((a, b) => a.line - b.line)
}

/** Statements at the top of a file that do something rather than declare something, by line. */
export function actionsAtTop({ running }: Source): readonly number[] {
  const found: number[] = []
  let depth = 0
  for (const [index, line] of running.split('\n').entries()) {
    const declares = /^(import|export|const|let|function|async function|class|abstract class)\b/
    const starts = depth === 0 && /^[^\s)\]}/#;]/.test(line)
    if (starts && !declares.test(line)) found.push(index + 1)
    // An import for its side effects declares nothing either.
    if (starts && /^import\s*['"]/.test(line)) found.push(index + 1)
    for (const char of line) depth += '({['.includes(char) ? 1 : ')}]'.includes(char) ? -1 : 0
  }
  return found
}

/** Every function, method and arrow function with a body in braces; its length counts from its head to its last brace. */
export function functionsOf({ running }: Source): readonly FunctionSpan[] {
  const spans: FunctionSpan[] = []
  const open: { char: string; offset: number; head: number | undefined }[] = []
  let lastClosed = { offset: -1, opened: -1 }
  for (let offset = 0; offset < running.length; offset++) {
    const char = running[offset] ?? ''
    if ('({['.includes(char)) {
      const head = char === '{' ? headOf(running, offset, lastClosed) : undefined
      open.push({ char, offset, head })
    } else if (')}]'.includes(char)) {
      const opened = open.pop()
      if (char === ')') lastClosed = { offset, opened: opened?.offset ?? -1 }
      if (opened?.head !== undefined) {
        const line = lineOf(running, opened.head)
        spans.push({ line, lines: lineOf(running, offset) - line + 1 })
      }
    }
  }
  return spans.toSorted((a, b) => a.line - b.line)
}

const blocks = /\b(if|for|for await|while|switch|catch|with)\s*$/

/** Where the function whose body opens here begins, or undefined when the brace opens something else. */
function headOf(
  text: string,
  brace: number,
  parameters: { readonly offset: number; readonly opened: number },
): number | undefined {
  const before = text.slice(0, brace).trimEnd()
  if (before.endsWith('=>')) {
    const end = before.slice(0, -2).trimEnd().length
    return end === parameters.offset + 1 ? parameters.opened : end - 1
  }
  if (before.length !== parameters.offset + 1) return undefined
  return blocks.test(text.slice(0, parameters.opened)) ? undefined : parameters.opened
}

/**
 * Replaces comments, and with `insides` also what stands between quotes, by spaces. Lines and positions stay.
 */
export function blank(text: string, { insides }: { readonly insides: boolean }): string {
  let out = ''
  let at = 0
  const templates: number[] = []
  let depth = 0
  const take = (length: number) => {
    out += text.slice(at, at + length)
    at += length
  }
  const hide = (length: number, really: boolean) => {
    const part = text.slice(at, at + length)
    out += really ? part.replace(/[^\n]/g, ' ') : part
    at += length
  }
  const template = () => {
    const part = /^(?:[^\\`$]|\\[\s\S]|\$(?!\{))*/.exec(text.slice(at))?.[0] ?? ''
    hide(part.length, insides)
    if (text.startsWith('${', at)) {
      templates.push(depth)
      depth++
      take(2)
    } else take(1)
  }
  while (at < text.length) {
    const rest = text.slice(at, at + 2)
    const char = text[at] ?? ''
    const literal = rest === '//' || rest === '/*' ? undefined : literalAt(text, at, out)
    if (rest === '//') hide(/^[^\n]*/.exec(text.slice(at))?.[0].length ?? 0, true)
    else if (rest === '/*') hide(text.indexOf('*/', at + 2) + 2 - at, true)
    else if (literal !== undefined) {
      take(1)
      hide(literal - 2, insides)
      take(1)
    } else if (char === '`') {
      take(1)
      template()
    } else {
      if (char === '{') depth++
      if (char === '}') depth--
      take(1)
      if (char === '}' && templates.at(-1) === depth) {
        templates.pop()
        template()
      }
    }
  }
  return out
}

/** The length of the quoted string or regular expression that begins here. */
function literalAt(text: string, at: number, before: string): number | undefined {
  const char = text[at] ?? ''
  if (!`'"/`.includes(char)) return undefined
  const rest = text.slice(at, at + 4000)
  if (char !== '/') return /^(['"])(?:(?!\1)[^\\\n]|\\[\s\S])*\1/.exec(rest)?.[0].length
  // After a value a slash divides; after an operator or a keyword it opens a regular expression.
  const near = before.slice(-40)
  const divides = /[\w$)\]]\s*$/.test(near) && !/\b(return|typeof|case|of|in)\s*$/.test(near)
  return divides
    ? undefined
    : /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//.exec(rest)?.[0].length
}
