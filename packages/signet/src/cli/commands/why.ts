/** `signet why`: what has become of a token or session, for whoever is asked why somebody was logged out. */
import { type Explanation, explain } from '../../index.ts'
import type { Call, Command } from '../command.ts'
import { named } from '../key-input.ts'
import { paint, printable, printDistance, printJson } from '../print.ts'
import { storeOptions, storeUsage, withStore } from '../store.ts'
import { readSeconds, readToken } from '../token-input.ts'

export const why: Command = {
  usage: `why ${storeUsage} [--grace SECONDS] [--json] [TOKEN | SESSION-ID]`,
  summary: 'Say why a token or session is no longer good: what happened, when, from which device.',
  options: { ...storeOptions, grace: { type: 'string' }, json: { type: 'boolean' } },
  operands: 1,
  run: async (call) => {
    const what = readToken(call)
    const options = {
      now: call.world.now,
      ...named('reuseGraceSeconds', readSeconds('grace', call.text('grace'))),
    }
    const explanation = await withStore(call, (store) => explain(store, what, options))
    const text = call.flag('json') ? printJson(explanation) : print(explanation, call)
    return { output: `${text}\n` }
  },
}

function print({ verdict, sentences, events }: Explanation, { world }: Call): string {
  const colour = verdict === 'alive' ? 'green' : verdict === 'unknown' ? 'yellow' : 'red'
  const told = events.map(({ type, at, generation, device, reason }) => {
    const distance = printDistance((at.getTime() - world.now.getTime()) / 1000)
    const detail = device ?? reason ?? ''
    return `  ${at.toISOString()}  ${distance.padEnd(12)}${type.padEnd(11)}${String(generation).padStart(4)}  ${printable(detail)}`.trimEnd()
  })
  return [
    paint(verdict, colour, world.colour),
    ...sentences.map(printable),
    ...(told.length === 0 ? [] : ['', `Last events, with the generation presented:`, ...told]),
  ].join('\n')
}
