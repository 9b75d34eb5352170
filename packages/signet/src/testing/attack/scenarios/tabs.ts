/** Honest people with several tabs, several devices and slow networks. */
import { Browser, fateOf, policyOn } from '../people.ts'
import type { Scenario } from '../scenario.ts'
import { laptop, phone, type Stage } from '../stage.ts'
import type { CallerContext } from '../system.ts'

const served = { honest: 'served' } as const
const loggedOut = { honest: 'loggedOut' } as const
const kept = { graced: served, strict: loggedOut } as const

const model = 'lifecycle §2.9'
const trace = 'PROTOCOL §3 N9'

export const tabScenarios: readonly Scenario[] = [
  {
    id: 'S1',
    title: 'two tabs with one cookie jar refresh at once',
    source: model,
    promise: kept,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      await atOnce(browser, [phone, phone])
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'S2',
    title: 'the same, and the answers arrive the other way round',
    source: model,
    promise: kept,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      const { refreshToken } = browser.jar
      const first = await browser.send(phone, refreshToken)
      const second = await browser.send(phone, refreshToken)
      await browser.settle(second)
      await browser.settle(first)
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'S3',
    title: 'two places keep copies of one token and know nothing of each other',
    source: model,
    promise: { graced: loggedOut, strict: loggedOut },
    async play(stage) {
      const one = await Browser.login(stage)
      const two = one.copy()
      await one.refresh()
      await stage.passGrace()
      await two.refresh()
      return { honest: await policyOn(one) }
    },
  },
  {
    id: 'A2',
    title: 'a late request comes two generations behind, inside the grace',
    source: trace,
    promise: kept,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      const { refreshToken } = browser.jar
      await browser.refresh()
      await browser.refresh()
      await browser.settle(await browser.send(phone, refreshToken))
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'A3',
    title: 'a browser and the server that renders its pages refresh at once, with two user agents',
    source: trace,
    promise: kept,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      await atOnce(browser, [phone, laptop])
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'A4',
    title: 'four tabs refresh at once, round after round',
    source: trace,
    promise: kept,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      for (let round = 0; round < 5; round++) await atOnce(browser, [phone, phone, phone, phone])
      await stage.passGrace()
      return { honest: await fateOf(stage, [browser]) }
    },
  },
  {
    id: 'A6',
    title: 'an older answer overwrites a newer one in the jar: promised to nobody',
    source: trace,
    promise: {},
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      const late = await browser.send()
      await browser.refresh()
      await browser.refresh()
      browser.receive(late)
      await stage.passGrace()
      return { honest: await policyOn(browser) }
    },
  },
  {
    id: 'A7',
    title: 'a request is under way for longer than the grace',
    source: trace,
    promise: { graced: loggedOut, strict: loggedOut },
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      const { refreshToken } = browser.jar
      await browser.refresh()
      await stage.passGrace()
      await browser.settle(await browser.send(phone, refreshToken))
      return { honest: await policyOn(browser) }
    },
  },
  {
    id: 'C1',
    title: 'one token is refreshed by everybody at once',
    source: 'lifecycle §2.4, §2.6: 200 of 200 double spends, 100 of 100 refusals',
    promise: kept,
    play: (stage) =>
      manyTabs(
        stage,
        Array.from({ length: stage.size }, () => phone),
      ),
  },
  {
    id: 'C2',
    title: 'eighteen parallel refreshes of one token with mixed user agents',
    source: 'PROTOCOL §4, lifecycle §5 (nocturne: 18 siblings in one millisecond)',
    promise: kept,
    play: (stage) =>
      manyTabs(
        stage,
        Array.from({ length: 18 }, (_, i) => ({ userAgent: `Agent/${i % 6}` })),
      ),
  },
  {
    id: 'C3',
    title: 'pairs of simultaneous refreshes, a session each',
    source: 'lifecycle §7: counts per 1,000 concurrent pairs',
    promise: kept,
    async play(stage) {
      const logins = Array.from({ length: stage.size }, () => Browser.login(stage, phone))
      const browsers = await Promise.all(logins)
      await Promise.all(browsers.map((browser) => atOnce(browser, [phone, phone])))
      await stage.passGrace()
      return { honest: await fateOf(stage, browsers) }
    },
  },
]

/** Tabs send what is in the jar at the same moment; whoever hears "try again" looks into the jar and does. */
async function atOnce(browser: Browser, contexts: readonly CallerContext[]): Promise<void> {
  const { refreshToken } = browser.jar
  await Promise.all(
    contexts.map(async (context) =>
      browser.settle(await browser.send(context, refreshToken), context),
    ),
  )
}

async function manyTabs(stage: Stage, contexts: readonly CallerContext[]) {
  const browser = await Browser.login(stage, phone)
  await atOnce(browser, contexts)
  await stage.passGrace()
  return { honest: await fateOf(stage, [browser]) }
}
