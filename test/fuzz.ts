/**
 * Throws hostile tokens and keys at the codec: npm run fuzz -- --seconds 60, or --mutations 1000000, and --seed to see a
 * finding again. Fails when a changed token is accepted, an error is not ours, or the two paths of the codec disagree.
 */
import { parseArgs } from 'node:util'
import { Fuzzer } from './support/fuzz.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    mutations: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 4_294_967_296) },
  },
})

const wanted = (text: string | undefined, fallback: number) => {
  const number = text === undefined ? fallback : Number(text)
  if (!(number > 0)) throw new RangeError('--seconds and --mutations take a number above 0')
  return number
}

const seed = Number(values.seed)
const mutations = wanted(values.mutations, Number.POSITIVE_INFINITY)
const seconds = wanted(
  values.seconds,
  values.mutations === undefined ? 10 : Number.POSITIVE_INFINITY,
)

console.log(`seed ${seed}`)
const fuzzer = new Fuzzer(seed)
const start = performance.now()
const elapsed = () => (performance.now() - start) / 1000
while (fuzzer.tally.mutations < mutations && elapsed() < seconds) fuzzer.round()

const { tally, findings } = fuzzer
console.log(
  `${tally.mutations} mutations in ${elapsed().toFixed(1)} s: ${tally.accepted} accepted, ${tally.foreign} errors of a foreign type, ${tally.unchanged} came out unchanged, ${tally.disputed} disputed between the paths`,
)
for (const finding of findings) console.error(finding)
if (tally.accepted + tally.foreign + tally.disputed > 0) process.exitCode = 1
