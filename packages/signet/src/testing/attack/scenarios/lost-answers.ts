/** Honest people whose network loses what was said. */
import { Browser, fateOf, policyOn } from '../people.ts'
import type { Scenario } from '../scenario.ts'
import { laptop, phone, type Stage } from '../stage.ts'
import type { RefreshOutcome } from '../system.ts'

const served = { honest: 'served' } as const
const loggedOut = { honest: 'loggedOut' } as const

const HOUR_SECONDS = 3600

export const lostAnswerScenarios: readonly Scenario[] = [
  {
    id: 'S4',
    title: 'an answer is lost and the refresh is repeated within the grace',
    source: 'lifecycle §2.9',
    promise: { graced: served, strict: loggedOut },
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      await browser.send()
      await stage.pass(stage.system.graceSeconds / 2)
      await browser.refresh()
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'S5',
    title: 'an answer is lost and the refresh is repeated an hour later',
    source: 'lifecycle §2.9',
    promise: { graced: loggedOut, strict: loggedOut },
    needs: { seconds: HOUR_SECONDS },
    play: (stage) => repeatAfter(stage, HOUR_SECONDS),
  },
  {
    id: 'A1',
    title: 'an answer is lost and the refresh is repeated just after the grace',
    source: 'PROTOCOL §3 N9',
    promise: { graced: loggedOut, strict: loggedOut },
    play: (stage) => repeatAfter(stage, stage.system.graceSeconds + 1),
  },
  {
    id: 'A5',
    title: 'the answer is lost again and again, all within one grace',
    source: 'PROTOCOL §3 N9 and N13',
    promise: { graced: served, strict: loggedOut },
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      for (let i = 0; i < 4; i++) {
        await browser.send()
        await stage.pass(stage.system.graceSeconds / 8)
      }
      await browser.refresh()
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'A8',
    title:
      'any order of three tabs, lost answers and delays, as long as all of it fits into the grace',
    source: 'PROTOCOL §3 N9: no log-out in any order',
    promise: { graced: served },
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      for (let episode = 0; episode < EPISODES; episode++) {
        await anyOrder(stage, browser)
        await stage.passGrace()
      }
      return { honest: await fateOf(stage, [browser]) }
    },
  },
]

const EPISODES = 8
const STEPS = 12

async function repeatAfter(stage: Stage, seconds: number) {
  const browser = await Browser.login(stage, phone)
  await browser.send()
  await stage.pass(seconds)
  await browser.refresh()
  return { honest: await policyOn(browser) }
}

/**
 * One episode, shorter than the grace: tabs send, requests are delivered late, answers are lost or come late. At its end
 * everything under way has arrived, and whoever heard nothing has asked again.
 */
async function anyOrder(stage: Stage, browser: Browser): Promise<void> {
  const requests: string[] = []
  const answers: RefreshOutcome[] = []
  const newest = new Map([[browser.jar.refreshToken, 0]])
  const receive = (outcome: RefreshOutcome | undefined): void => {
    if (outcome === undefined) return
    // The jar keeps the newest answer: one that was made earlier than what it holds is dropped.
    if (outcome.kind === 'granted' && isOlder(newest, outcome, browser)) return
    browser.receive(outcome)
  }
  const deliver = async (
    token: string | undefined,
    device = stage.draw(2) === 0 ? phone : laptop,
  ): Promise<void> => {
    if (token === undefined) return
    const outcome = await browser.send(device, token)
    if (outcome.kind === 'granted') {
      const { refreshToken } = outcome.pair
      if (!newest.has(refreshToken)) newest.set(refreshToken, newest.size)
    }
    answers.push(outcome)
  }
  for (let step = 0; step < STEPS; step++) {
    const action = stage.draw(6)
    if (action <= 1) requests.push(browser.jar.refreshToken)
    else if (action === 2) await deliver(requests.splice(stage.draw(requests.length || 1), 1)[0])
    else if (action === 3) receive(answers.splice(stage.draw(answers.length || 1), 1)[0])
    else if (action === 4) answers.pop()
    else await stage.pass(stage.system.graceSeconds / (2 * STEPS))
  }
  for (const request of requests) await deliver(request)
  for (const answer of answers.splice(0)) receive(answer)
  // A lost answer is repeated to the one it was for, and to no other: each asks again as itself.
  for (const device of [phone, laptop]) {
    await deliver(browser.jar.refreshToken, device)
    receive(answers.pop())
  }
}

function isOlder(
  newest: ReadonlyMap<string, number>,
  { pair }: Extract<RefreshOutcome, { kind: 'granted' }>,
  browser: Browser,
): boolean {
  const order = (token: string) => newest.get(token) ?? -1
  return order(pair.refreshToken) < order(browser.jar.refreshToken)
}
