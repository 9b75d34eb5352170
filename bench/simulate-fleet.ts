/**
 * Propagation, lease and receipts of fleets that no one machine can hold, in simulated time, by the pure functions that
 * the product runs: `npm run simulate`. docs/scaling.md reads the table it prints.
 */
import { parseArgs } from 'node:util'
import { type FleetModel, simulateFleet } from './fleet/simulation.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
})

/** Costs as measured on the machine of RESULTS.md against Redis, rounded up. */
const cost = {
  append: 0.03,
  look: 0.02,
  perEntry: 0.001,
  beat: 0.03,
  receipt: 0.03,
  perMember: 0.0003,
}

const base: FleetModel = {
  members: 10,
  relays: 0,
  revocationsPerSecond: 10,
  maxStaleness: 30_000,
  network: { least: 0.1, most: 0.5 },
  cost,
  frozen: 0,
  duration: Number(values.seconds) * 1000,
  seed: Number(values.seed),
}

const fleets: readonly (readonly [string, Partial<FleetModel>])[] = [
  ['10 members', {}],
  ['100 members', { members: 100 }],
  ['1,000 members', { members: 1000 }],
  [
    '1,000 members, one of them frozen for 1.5 leases',
    { members: 1000, frozen: 1, maxStaleness: 2000 },
  ],
  ['10,000 members, 1 revocation/s', { members: 10_000, revocationsPerSecond: 1 }],
  [
    '10,000 members behind 20 servers, 1/s',
    { members: 10_000, relays: 20, revocationsPerSecond: 1 },
  ],
  ['10,000 members behind 20 servers, 10/s', { members: 10_000, relays: 20 }],
]

console.log('| fleet | propagation p50, p99 | receipt p50, p99 | load of the store | wrong |')
console.log('| --- | ---: | ---: | ---: | ---: |')
for (const [name, changes] of fleets) {
  const { propagation, receipts, load, violations } = simulateFleet({ ...base, ...changes })
  const cells = [
    name,
    spread(propagation),
    spread(receipts),
    `${(load * 100).toFixed(0)} %`,
    violations,
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

function spread(times: readonly number[]): string {
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return [0.5, 0.99].map((share) => `${at(share)?.toFixed(1) ?? '–'} ms`).join(', ')
}
