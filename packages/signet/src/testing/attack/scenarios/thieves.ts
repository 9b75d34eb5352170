/** Somebody has copied a refresh token. */
import { Browser, policyOn, Thief } from '../people.ts'
import type { Scenario } from '../scenario.ts'
import { burglar, phone, type Stage } from '../stage.ts'
import type { CallerContext } from '../system.ts'

const nothing = { thief: 'nothing' } as const
const caught = { thief: 'caught' } as const
const both = <V>(verdict: V) => ({ graced: verdict, strict: verdict })

const model = 'lifecycle §2.9'
const trace = 'PROTOCOL §3 N10'
const TWO_HOURS_SECONDS = 7200

export const thiefScenarios: readonly Scenario[] = [
  {
    id: 'S6',
    title: 'a thief replays the predecessor from elsewhere inside the grace, then goes on alone',
    source: model,
    promise: both(nothing),
    async play(stage) {
      const { owner, thief } = await theft(stage, burglar)
      await owner.refresh()
      await stage.pass(stage.system.graceSeconds / 2)
      await thief.strike()
      for (let cycle = 0; cycle < 3; cycle++) {
        await stage.passGrace()
        await thief.strike()
        await owner.refresh()
      }
      return { thief: await thief.result() }
    },
  },
  {
    id: 'S7',
    title: 'a thief elsewhere keeps in step with the owner',
    source: model,
    promise: both(nothing),
    async play(stage) {
      const { owner, thief } = await theft(stage, burglar)
      await lockstep(stage, owner, thief, 3)
      return { thief: await thief.result() }
    },
  },
  {
    id: 'S8',
    title: 'a token two generations old comes inside the grace',
    source: model,
    promise: both(nothing),
    async play(stage) {
      const { owner, thief } = await theft(stage, phone)
      await owner.refresh()
      await stage.passGrace()
      await owner.refresh()
      await stage.pass(stage.system.graceSeconds / 2)
      await thief.strike()
      return { thief: await thief.result() }
    },
  },
  {
    id: 'S9',
    title: 'a stolen predecessor comes two hours later, its successor unused',
    source: model,
    promise: both(nothing),
    needs: { seconds: TWO_HOURS_SECONDS },
    play: (stage) => lateReplay(stage, TWO_HOURS_SECONDS),
  },
  {
    id: 'B1',
    title: 'a thief is noticed at the first replay after the grace; at once where there is none',
    source: trace,
    promise: both(nothing),
    play: (stage) => lateReplay(stage, stage.system.graceSeconds + 1),
  },
  {
    id: 'B2',
    title: 'a thief elsewhere uses the token before its owner does',
    source: trace,
    promise: both(caught),
    async play(stage) {
      const { owner, thief } = await theft(stage, burglar)
      await thief.strike()
      owner.receive(await owner.send())
      await stage.passGrace()
      owner.receive(await owner.send())
      return { thief: await thief.result(), honest: await policyOn(owner) }
    },
  },
  {
    id: 'B3',
    title: 'a thief with the same user agent keeps in step with the owner: promised to nobody',
    source: trace,
    promise: {},
    play: (stage) => unnoticed(stage, phone),
  },
  {
    id: 'B4',
    title: 'the same where user agents are not known: promised to nobody',
    source: trace,
    promise: {},
    play: (stage) => unnoticed(stage, undefined),
  },
  {
    id: 'B5',
    title: 'a thief elsewhere gains nothing inside the grace, and the owner loses nothing',
    source: trace,
    promise: { graced: { ...nothing, honest: 'served' }, strict: nothing },
    async play(stage) {
      const { owner, thief } = await theft(stage, burglar)
      const stolen = thief.token
      await owner.refresh()
      const predecessor = owner.jar.refreshToken
      await owner.refresh()
      for (const token of [predecessor, stolen, predecessor]) await thief.strike(token)
      const result = thief.loot.length === 0 ? 'nothing' : await thief.result()
      return { thief: result, honest: await policyOn(owner) }
    },
  },
  {
    id: 'B6',
    title: 'a thief with the same user agent keeps in step for long, then goes on alone',
    source: trace,
    promise: both(caught),
    async play(stage) {
      const { owner, thief } = await theft(stage, phone)
      await lockstep(stage, owner, thief, 12)
      await thief.strike()
      await stage.passGrace()
      await owner.refresh()
      return { thief: thief.loot.length === 0 ? 'caught' : await thief.result() }
    },
  },
  {
    id: 'G1',
    title: 'the grace does not begin anew with every repeat',
    source: 'lifecycle §2.2, §2.4: windows that slide',
    promise: { graced: caught, strict: nothing },
    async play(stage) {
      const { owner, thief } = await theft(stage, phone)
      const stolen = thief.token
      await owner.refresh()
      for (let i = 0; i < 3; i++) {
        await stage.pass(stage.system.graceSeconds * 0.6)
        await thief.strike(stolen)
      }
      return { thief: await thief.result() }
    },
  },
]

/** Someone logs in, and someone else has a copy. */
async function theft(stage: Stage, context: CallerContext | undefined) {
  const owner = await Browser.login(stage, context === undefined ? undefined : phone)
  return { owner, thief: new Thief(stage, owner.jar.refreshToken, context) }
}

/** After each refresh of the owner the thief presents what the owner has just used. */
async function lockstep(stage: Stage, owner: Browser, thief: Thief, cycles: number): Promise<void> {
  for (let cycle = 0; cycle < cycles; cycle++) {
    const { refreshToken } = owner.jar
    await owner.refresh()
    await stage.pass(stage.system.graceSeconds / 2)
    await thief.strike(refreshToken)
    await stage.passGrace()
  }
}

async function unnoticed(stage: Stage, context: CallerContext | undefined) {
  const { owner, thief } = await theft(stage, context)
  await lockstep(stage, owner, thief, 4)
  const honest = await policyOn(owner)
  return { thief: await thief.result(), honest } as const
}

/** The predecessor comes after the grace: the session must end, and nothing of it may be left. */
async function lateReplay(stage: Stage, seconds: number) {
  const { owner, thief } = await theft(stage, phone)
  const first = owner.jar
  await owner.refresh()
  await stage.pass(seconds)
  await thief.strike()
  const survivors = await stage.countSurvivors([first, owner.jar])
  return { thief: survivors > 0 || thief.loot.length > 0 ? 'undetected' : 'nothing' } as const
}
