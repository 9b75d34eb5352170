/**
 * How many tokens a second does verifyAsync verify when many wait at once, and how long does each keep the main thread from
 * other work? Beside jose, whose verification is always asynchronous, and beside our own synchronous one.
 */
import { deepStrictEqual, rejects } from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { jwtVerify } from 'jose'
import { createVerifier, importKeyObject, verifyAsync } from 'signet-jwt'
import { median, ratios } from '../support/measure.ts'
import { align } from '../support/report.ts'
import type { BenchOptions, Section } from '../support/section.ts'
import { type AlgorithmKeys, algorithms } from './algorithms.ts'
import { audience, issuer, makeToken, manyClaims, TOKENS, tamper } from './tokens.ts'

/** As many requests as a busy server has under way. */
const IN_FLIGHT = 64
const ROUNDS = 11

interface Contender {
  readonly name: string
  verify(token: string): unknown
  /** Of each round: calls a second, and microseconds of the main thread a call. */
  readonly rate: number[]
  readonly mainThread: number[]
}

export async function runAsync(options: BenchOptions): Promise<Section[]> {
  const sections: Section[] = []
  for (const keys of algorithms) {
    const name = `${keys.name} verify, ${IN_FLIGHT} at once`
    if (keys.verifying.type === 'secret') continue
    if (options.case !== undefined && !name.includes(options.case)) continue
    options.progress(name)
    sections.push(report(name, await compare(keys, options.seconds)))
  }
  return sections
}

async function compare(keys: AlgorithmKeys, seconds: number): Promise<readonly Contender[]> {
  const tokens = manyClaims.map((claims) => Buffer.from(makeToken(keys, claims)))
  const contenders = contend(keys)
  for (const { verify } of contenders) {
    const token = String(tokens[0])
    deepStrictEqual({ ...((await verify(token)) as object) }, manyClaims[0])
    await rejects(async () => verify(tamper(token, 60)))
  }
  const slice = (seconds * 1000) / (ROUNDS + 1) / contenders.length
  for (let round = 0; round <= ROUNDS; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const { rate, mainThread } = await spend(contender, tokens, slice)
      // The first round is for the compiler.
      if (round === 0) continue
      contender.rate.push(rate)
      contender.mainThread.push(mainThread)
    }
  }
  return contenders
}

function contend({ alg, verifying, web, header: { kid } }: AlgorithmKeys): readonly Contender[] {
  const key = importKeyObject(verifying, { algorithm: alg, ...(kid === undefined ? {} : { kid }) })
  const checks = { issuer, audience }
  const cryptoKey = verifying.toCryptoKey(web, false, ['verify'])
  const joseChecks = { algorithms: [alg], issuer, audience }
  const verifiers: { readonly [name: string]: (token: string) => unknown } = {
    'signet verifyAsync': (token) => verifyAsync(token, key, checks),
    'signet, synchronous': createVerifier(key, checks),
    jose: async (token) => (await jwtVerify(token, cryptoKey, joseChecks)).payload,
  }
  return Object.entries(verifiers).map(([name, verify]) => ({
    name,
    verify,
    rate: [],
    mainThread: [],
  }))
}

/** So many callers, each of which waits for its answer and asks again until the time is over. */
async function spend(
  { verify }: Contender,
  tokens: readonly Buffer[],
  milliseconds: number,
): Promise<{ readonly rate: number; readonly mainThread: number }> {
  let calls = 0
  const start = performance.now()
  const cpu = process.threadCpuUsage()
  const caller = async () => {
    while (performance.now() - start < milliseconds) {
      await verify((tokens[calls++ % TOKENS] as Buffer).toString('latin1'))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
  const elapsed = performance.now() - start
  const { user, system } = process.threadCpuUsage(cpu)
  return { rate: (calls * 1000) / elapsed, mainThread: (user + system) / calls }
}

function report(name: string, contenders: readonly Contender[]): Section {
  const peer = contenders.find((contender) => contender.name === 'jose') as Contender
  const rows = contenders.map((contender) => ({
    bench: 'codec',
    case: name,
    subject: contender.name,
    callsPerSecond: Math.round(median(contender.rate)),
    mainThreadUs: Number(median(contender.mainThread).toFixed(1)),
    ratioToJose: Number(median(ratios(contender.rate, peer.rate)).toFixed(2)),
  }))
  const cells = rows.map((row) => [
    row.subject,
    `${(row.callsPerSecond / 1000).toFixed(1)} k/s`,
    `${row.mainThreadUs} us`,
    row.ratioToJose.toFixed(2),
  ])
  const head = ['subject', 'verified', 'main thread a call', 'x jose']
  const cores = `${availableParallelism()} cores`
  return {
    markdown: `### codec: ${name} (${cores})\n\n${align([head, ...cells])}`,
    lines: rows,
  }
}
