/** A session is ended over reuse: all of it, at once, whatever else happens meanwhile, and nothing but it. */
import { Browser, fateOf } from '../people.ts'
import type { Scenario } from '../scenario.ts'
import { laptop, phone } from '../stage.ts'
import type { TokenPairOf } from '../system.ts'

const nothing = { thief: 'nothing' } as const
const ended = { graced: nothing, strict: nothing } as const

export const endingScenarios: readonly Scenario[] = [
  {
    id: 'K1',
    title: 'the end of a session races with its rotation',
    source: 'lifecycle §2.6: 21 of 200 successors survived, 20 of 200 answers were 500',
    promise: ended,
    async play(stage) {
      const logins = Array.from({ length: stage.size }, () => Browser.login(stage, phone))
      const families = (await Promise.all(logins)).map((browser) => ({ browser, old: browser.jar }))
      await Promise.all(families.map(({ browser }) => browser.refresh()))
      await stage.passGrace()
      const raced = await Promise.all(
        families.map(async ({ browser, old }, index) => {
          const family = [old, browser.jar]
          const replay = () => stage.present(old.refreshToken, phone)
          const rotate = () => browser.send()
          // Either may set out first.
          const racers = index % 2 === 0 ? [replay(), rotate()] : [rotate(), replay()]
          const outcomes = await Promise.all(racers)
          for (const outcome of outcomes) {
            if (outcome.kind === 'granted') family.push(outcome.pair)
          }
          // "Try again" is no end: the rotation was first, and the session may live.
          return outcomes[index % 2]?.kind === 'refused' ? family : []
        }),
      )
      let survivors = 0
      for (const family of raced) survivors += await stage.countSurvivors(family)
      return { thief: survivors > 0 ? 'undetected' : 'nothing' }
    },
  },
  {
    id: 'K2',
    title: 'the oldest of many generations comes back',
    source: 'RFC 9700 §4.14.2, lifecycle §2.9',
    promise: ended,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      const family: TokenPairOf[] = [browser.jar]
      for (let i = 0; i < 6; i++) {
        await browser.refresh()
        family.push(browser.jar)
      }
      await stage.passGrace()
      await stage.present((family[0] as TokenPairOf).refreshToken, phone)
      const survivors = await stage.countSurvivors(family)
      return { thief: survivors > 0 ? 'undetected' : 'nothing' }
    },
  },
  {
    id: 'K3',
    title: 'the old token comes back in many requests at once',
    source: 'PROTOCOL §1: 20 parallel reuses, one end',
    promise: ended,
    async play(stage) {
      const browser = await Browser.login(stage, phone)
      const old = browser.jar
      await browser.refresh()
      await stage.passGrace()
      const family = [old, browser.jar]
      const replays = Array.from({ length: stage.size }, () => stage.present(old.refreshToken))
      for (const outcome of await Promise.all(replays)) {
        if (outcome.kind === 'granted') family.push(outcome.pair)
      }
      const survivors = await stage.countSurvivors(family)
      return { thief: survivors > 0 ? 'undetected' : 'nothing' }
    },
  },
  {
    id: 'K4',
    title: 'a session ends over reuse, and the same user stays logged in on another device',
    source: 'lifecycle §2.6: every device was logged out, 30 of 30',
    promise: { graced: { honest: 'served' }, strict: { honest: 'served' } },
    async play(stage) {
      const subject = stage.newSubject()
      const robbed = await Browser.login(stage, phone, subject)
      const other = await Browser.login(stage, laptop, subject)
      const old = robbed.jar
      await robbed.refresh()
      await stage.passGrace()
      await stage.present(old.refreshToken, phone)
      return { honest: await fateOf(stage, [other]) }
    },
  },
]
