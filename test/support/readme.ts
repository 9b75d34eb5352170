/**
 * The code blocks of a Markdown file as programs. A fenced block may follow a comment that says how it runs:
 *
 *     <!-- run env=JWT_SECRET after=test/readme/server.ts -->   a `ts` or `sh` block is run; `ts` blocks run anyway
 *     <!-- check before=test/readme/server.ts -->               a `ts` block is only type-checked
 *     <!-- output -->                                           the block before printed this, exactly
 *     <!-- output of=examples/first-token.ts -->                this file printed this, exactly
 *
 * `env=NAME` puts a fresh secret into the environment. `before` and `after` name files whose text goes around the
 * block: what a reader has anyway, such as an app and a user table. `sh` blocks without `run` are for reading.
 */

export interface Block {
  readonly language: string
  readonly text: string
  /** Of the opening fence. */
  readonly line: number
  readonly mode: 'run' | 'check' | 'read'
  readonly env: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** What the block must print when it runs. */
  readonly output: string | undefined
}

/** A file that must print what the page shows. */
export interface Shown {
  readonly file: string
  readonly output: string
  readonly line: number
}

export interface Page {
  readonly blocks: readonly Block[]
  readonly shown: readonly Shown[]
}

interface Marker {
  readonly word: string
  readonly settings: ReadonlyMap<string, readonly string[]>
}

const fence =
  /^(?:<!-- *(?<marker>[^\n]*?) *-->\n)?```(?<language>\w*)[^\n]*\n(?<text>[\s\S]*?)^```$/gm

/** @throws Error naming the line of a marker that is misspelt or has nothing to stand on */
export function readPage(markdown: string): Page {
  const blocks: Block[] = []
  const shown: Shown[] = []
  for (const match of markdown.matchAll(fence)) {
    const { marker: comment, language = '', text = '' } = match.groups ?? {}
    const at = markdown.slice(0, match.index).split('\n').length
    const line = comment === undefined ? at : at + 1
    const marker = comment === undefined ? undefined : readMarker(comment, line)
    if (marker?.word !== 'output') {
      blocks.push(blockOf(language, text, line, marker))
      continue
    }
    const [file] = marker.settings.get('of') ?? []
    const printing = blocks.at(-1)
    if (file !== undefined) shown.push({ file, output: text, line })
    else if (printing?.mode !== 'run')
      throw new Error(`line ${line}: no block before this output runs`)
    else blocks.splice(-1, 1, { ...printing, output: text })
  }
  return { blocks, shown }
}

function blockOf(language: string, text: string, line: number, marker: Marker | undefined): Block {
  const settings = (name: string) => marker?.settings.get(name) ?? []
  const word = marker?.word ?? (language === 'ts' ? 'run' : 'read')
  if (word !== 'read' && language !== 'ts' && (word !== 'run' || language !== 'sh')) {
    throw new Error(`line ${line}: a block in '${language}' cannot ${word}`)
  }
  return {
    language,
    text,
    line,
    mode: word as Block['mode'],
    env: settings('env'),
    before: settings('before'),
    after: settings('after'),
    output: undefined,
  }
}

const words: { readonly [word: string]: readonly string[] } = {
  run: ['env', 'before', 'after'],
  check: ['before', 'after'],
  output: ['of'],
}

/** A comment above a fence is a marker, so that a misspelt one is not taken for prose. */
function readMarker(comment: string, line: number): Marker {
  const [word = '', ...pairs] = comment.split(/\s+/)
  const known = Object.hasOwn(words, word) ? words[word] : undefined
  if (known === undefined) {
    throw new Error(
      `line ${line}: unknown marker '${word}'; known are ${Object.keys(words).join(', ')}`,
    )
  }
  const settings = new Map<string, string[]>()
  for (const pair of pairs) {
    const [name = '', value] = pair.split('=', 2)
    if (value === undefined || !known.includes(name)) {
      throw new Error(`line ${line}: '${word}' knows no '${pair}'; known are ${known.join('=, ')}=`)
    }
    settings.set(name, [...(settings.get(name) ?? []), value])
  }
  return { word, settings }
}
