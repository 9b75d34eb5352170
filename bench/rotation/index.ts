/**
 * Rotation over HTTP: how fast is it, and what goes wrong when requests race, answers are lost and tokens are stolen? The
 * same for Signet and for its peers; README.md says how each is set up.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { align } from '../support/report.ts'
import type { BenchOptions, Section } from '../support/section.ts'
import { type Contender, contenders, type OpenContender } from './contenders.ts'
import { countWrong, type Wrong } from './counts.ts'
import { measureRates, type Rate, timesAsFast } from './rates.ts'

interface Row {
  readonly contender: Contender
  readonly rate: Rate
  readonly ratio: number | undefined
  readonly wrong: Wrong
}

/** What counts are given per. */
const PER = 1000

export async function run(options: BenchOptions): Promise<readonly Section[]> {
  const chosen: Contender[] = []
  for (const contender of contenders) {
    if (options.case !== undefined && !contender.name.includes(options.case)) continue
    if (await canRun(contender)) chosen.push(contender)
    else options.progress(`${contender.name} is left out: npm install --prefix bench, and a Redis`)
  }
  if (chosen.length === 0) return []
  // Below the usual three seconds somebody wants a quick look.
  const times = Math.min(PER, Math.max(100, Math.round((options.seconds * PER) / 3)))
  const open: OpenContender[] = []
  try {
    for (const contender of chosen) open.push(await contender.open())
    options.progress(`rates of ${chosen.length} servers in turns`)
    const rates = await measureRates(open, options.seconds)
    const wrongs: Wrong[] = []
    for (const { system } of open) {
      options.progress(`${times} pairs and ${times} families of ${system.name}`)
      wrongs.push(await countWrong(system, times))
    }
    const rows = together(chosen, rates, wrongs)
    return [ratesAndCounts(rows, times), kitSection(rows)]
  } finally {
    for (const each of open) await each.close()
  }
}

function together(
  chosen: readonly Contender[],
  rates: readonly Rate[],
  wrongs: readonly Wrong[],
): readonly Row[] {
  const peers = rates.filter((_, index) => chosen[index]?.isPeer)
  const fastest = peers.toSorted((a, b) => b.median - a.median)[0]
  return chosen.map((contender, index) => {
    const rate = rates[index] as Rate
    const ratio = fastest && timesAsFast(rate, fastest)
    return { contender, rate, ratio, wrong: wrongs[index] as Wrong }
  })
}

function ratesAndCounts(rows: readonly Row[], times: number): Section {
  const head = [
    'system',
    'refreshes/s',
    'range',
    'x fastest peer',
    'double spends',
    'survivors',
    'access tokens live on',
    'spurious log-outs',
    '5xx',
    '503 try again',
  ]
  const per = (count: number) => String(Math.round((count * PER) / times))
  const cells = rows.map(({ contender, rate, ratio, wrong: { pairs, families } }) => [
    contender.name,
    rate.median.toFixed(0),
    `${rate.least.toFixed(0)} to ${rate.most.toFixed(0)}`,
    ratio === undefined ? '–' : ratio.toFixed(2),
    per(pairs.doubleSpends),
    per(families.survivors),
    per(families.accessSurvivors),
    per(pairs.spuriousLogouts),
    per(pairs.faults + families.faults),
    per(pairs.retries),
  ])
  return {
    markdown: [
      `### rotation: rates, and counts per 1,000 (${times} pairs and ${times} families tried)`,
      '',
      align([head, ...cells]),
    ].join('\n'),
    lines: rows.map(({ contender, rate, ratio, wrong: { pairs, families } }) => ({
      bench: 'rotation',
      system: contender.name,
      refreshesPerSecond: Math.round(rate.median),
      range: [Math.round(rate.least), Math.round(rate.most)],
      ratioToFastestPeer: ratio === undefined ? null : Math.round(ratio * 100) / 100,
      tried: times,
      pairs,
      families,
    })),
  }
}

/** A scenario a line, a system a column: what it came to, in bold where PROTOCOL promises otherwise. */
function kitSection(rows: readonly Row[]): Section {
  const scenarios = rows[0]?.wrong.kit.scenarios ?? []
  const verdicts = scenarios.map(({ id, title }, index) => [
    `${id} ${title}`,
    ...rows.map(({ wrong }) => spell(wrong.kit.scenarios[index])),
  ])
  const head = ['scenario', ...rows.map(({ contender }) => contender.name)]
  return {
    markdown: `### rotation: the attack kit, scenario by scenario\n\n${align([head, ...verdicts])}`,
    lines: rows.flatMap(({ contender, wrong }) =>
      wrong.kit.scenarios.map(({ id, verdict, promised, isKept, skipped, counts }) => ({
        bench: 'rotation',
        case: id,
        system: contender.name,
        verdict,
        promised: promised ?? null,
        isKept,
        skipped: skipped ?? null,
        counts,
      })),
    ),
  }
}

function spell(report: Wrong['kit']['scenarios'][number] | undefined): string {
  if (report === undefined || report.skipped !== undefined) return '–'
  const { verdict, counts, isKept } = report
  const words = [
    verdict.honest === 'loggedOut' ? 'logged out' : verdict.honest,
    verdict.thief && `thief: ${verdict.thief}`,
    counts.doubleSpends > 0 && `${counts.doubleSpends} double spends`,
    counts.survivors > 0 && `${counts.survivors} survivors`,
    counts.accessSurvivors > 0 && `${counts.accessSurvivors} access tokens live on`,
    counts.faults > 0 && `${counts.faults} x 5xx`,
  ].filter(Boolean)
  return isKept ? words.join(', ') : `**${words.join(', ')}**`
}

/** In a variable, so that types can be checked where it is not installed. */
async function canRun({ needs, needsRedis }: Contender): Promise<boolean> {
  const isInstalled =
    needs === undefined ||
    (await import(needs).then(
      () => true,
      () => false,
    ))
  return isInstalled && (needsRedis === undefined || (await answers(new URL(needsRedis))))
}

async function answers({ hostname, port }: URL): Promise<boolean> {
  const socket = connect({ host: hostname, port: Number(port) })
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy())
}
