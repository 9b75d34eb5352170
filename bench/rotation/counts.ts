/** What goes wrong: the attack kit, with as many pairs and families as make a rate of what is rare. */
import { type AttackReport, attack, type Counts, type RotationSystem } from 'signet-jwt/testing'

export interface Wrong {
  /** Over the simultaneous pairs: C3 of the kit. */
  readonly pairs: Counts
  /** Over the families whose end races with a rotation: K1. */
  readonly families: Counts
  /** Every scenario, once. */
  readonly kit: AttackReport
}

/** Sessions that are attacked at the same moment. */
const AT_ONCE = 50

export async function countWrong(system: RotationSystem, times: number): Promise<Wrong> {
  const pairs = await batches(system, 'C3', times)
  const families = await batches(system, 'K1', times)
  return { pairs, families, kit: await attack(system, { size: 20, seed: 1_000_000 }) }
}

async function batches(system: RotationSystem, id: string, times: number): Promise<Counts> {
  const all: Counts[] = []
  for (let done = 0; done < times; done += AT_ONCE) {
    // Each batch has names of its own: the seed is in them.
    const seed = all.length + (id === 'C3' ? 1000 : 2000)
    const report = await attack(system, { only: [id], size: Math.min(AT_ONCE, times - done), seed })
    all.push(report.totals)
  }
  return all.reduce((so, counts) => add(so, counts))
}

function add(a: Counts, b: Counts): Counts {
  const names = Object.keys(a) as (keyof Counts)[]
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Counts
}
