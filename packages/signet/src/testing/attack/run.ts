/** Plays the scenarios against a system, and says what came of it beside what was promised. */
import { checkOptions } from '../../options.ts'
import type { Scenario, Verdict } from './scenario.ts'
import { crashScenarios } from './scenarios/crashes.ts'
import { endingScenarios } from './scenarios/endings.ts'
import { lostAnswerScenarios } from './scenarios/lost-answers.ts'
import { tabScenarios } from './scenarios/tabs.ts'
import { thiefScenarios } from './scenarios/thieves.ts'
import { type Counts, Stage } from './stage.ts'
import type { RotationSystem } from './system.ts'

/** Every scenario of the kit, as data. */
export const scenarios: readonly Scenario[] = [
  ...tabScenarios,
  ...lostAnswerScenarios,
  ...thiefScenarios,
  ...endingScenarios,
  ...crashScenarios,
]

export interface AttackOptions {
  /** Which scenarios, by id. Default: all of them. */
  readonly only?: readonly string[]
  /** Simultaneous requests where a scenario has many. Default 40. */
  readonly size?: number
  /** The same seed tells the same stories. Default 1. */
  readonly seed?: number
}

export interface ScenarioReport {
  readonly id: string
  readonly title: string
  readonly source: string
  /** Why it was not played; then nothing below means anything. */
  readonly skipped?: string
  readonly verdict: Verdict
  /** What PROTOCOL promises here of a system with the same grace; undefined when it promises nothing. */
  readonly promised: Verdict | undefined
  readonly counts: Counts
  /** The promise was kept, and nothing was spent twice, nothing survived, nothing failed. */
  readonly isKept: boolean
}

export interface AttackReport {
  readonly system: string
  readonly scenarios: readonly ScenarioReport[]
  readonly totals: Counts
  /** Every scenario that was played was kept. */
  readonly isKept: boolean
}

/** Longer waits than this are only for clocks that can be wound. */
const MAX_REAL_SECONDS = 30

/**
 * Attacks a system: one scenario after the other, each with sessions of its own.
 *
 * @throws TypeError naming an unknown option or scenario; what the system itself throws at a log-in
 */
export async function attack(
  system: RotationSystem,
  options: AttackOptions = {},
): Promise<AttackReport> {
  checkOptions('attack', options, ['only', 'size', 'seed'])
  const { only, size = 40, seed = 1 } = options
  const unknown = only?.find((id) => !scenarios.some((scenario) => scenario.id === id))
  if (unknown !== undefined) {
    const known = scenarios.map(({ id }) => id).join(', ')
    throw new TypeError(`'only' names no scenario: ${unknown}; there are ${known}`)
  }
  const reports: ScenarioReport[] = []
  for (const scenario of scenarios) {
    if (only !== undefined && !only.includes(scenario.id)) continue
    reports.push(await play(scenario, new Stage(system, { size, seed: seed + reports.length })))
  }
  const played = reports.filter(({ skipped }) => skipped === undefined)
  return {
    system: system.name,
    scenarios: reports,
    totals: sum(played.map(({ counts }) => counts)),
    isKept: played.every(({ isKept }) => isKept),
  }
}

async function play(scenario: Scenario, stage: Stage): Promise<ScenarioReport> {
  const { id, title, source, promise } = scenario
  const skipped = whyNot(scenario, stage.system)
  const promised = stage.system.graceSeconds > 0 ? promise.graced : promise.strict
  const verdict = skipped === undefined ? await scenario.play(stage) : {}
  const { doubleSpends, survivors, accessSurvivors, faults } = stage.counts
  return {
    id,
    title,
    source,
    ...(skipped === undefined ? {} : { skipped }),
    verdict,
    promised,
    counts: stage.counts,
    isKept: fits(verdict, promised) && doubleSpends + survivors + accessSurvivors + faults === 0,
  }
}

function whyNot({ needs }: Scenario, system: RotationSystem): string | undefined {
  if (needs?.crashes && system.crashes === undefined) return 'it has no way to crash'
  const longest = needs?.seconds ?? 0
  if (longest > MAX_REAL_SECONDS && system.windSeconds === undefined) {
    return `its clock cannot be wound, and this takes ${longest} s`
  }
  return undefined
}

function fits(verdict: Verdict, promised: Verdict | undefined): boolean {
  if (promised === undefined) return true
  const { honest, thief } = promised
  return (
    (honest === undefined || honest === verdict.honest) &&
    (thief === undefined || isAsGood(verdict.thief, thief))
  )
}

/** A thief who got nothing at all has been dealt with better than one who was caught. */
function isAsGood(got: Verdict['thief'], promised: Verdict['thief']): boolean {
  return got === promised || (promised === 'caught' && got === 'nothing')
}

function sum(all: readonly Counts[]): Counts {
  const total = (count: (counts: Counts) => number) =>
    all.reduce((so, counts) => so + count(counts), 0)
  return {
    doubleSpends: total((counts) => counts.doubleSpends),
    survivors: total((counts) => counts.survivors),
    accessSurvivors: total((counts) => counts.accessSurvivors),
    spuriousLogouts: total((counts) => counts.spuriousLogouts),
    retries: total((counts) => counts.retries),
    faults: total((counts) => counts.faults),
  }
}

/** The report as lines for people, a scenario each. */
export function printReport({ system, scenarios: reports, totals }: AttackReport): string {
  const lines = reports.map(({ id, title, skipped, verdict, isKept, counts }) => {
    const mark = skipped !== undefined ? 'skip' : isKept ? 'ok  ' : 'FAIL'
    const who = [verdict.honest, verdict.thief && `thief ${verdict.thief}`].filter(Boolean)
    return `  ${mark} ${id.padEnd(3)} ${title}: ${skipped ?? [...who, ...spell(counts)].join(', ')}`
  })
  return [`${system}: ${spell(totals).join(', ') || 'nothing to count'}`, ...lines].join('\n')
}

function spell(counts: Counts): readonly string[] {
  const words: readonly [number, string][] = [
    [counts.doubleSpends, 'double spends'],
    [counts.survivors, 'survivors'],
    [counts.accessSurvivors, 'access tokens that live on'],
    [counts.spuriousLogouts, 'spurious log-outs'],
    [counts.retries, 'retries'],
    [counts.faults, 'faults'],
  ]
  return words.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
}
