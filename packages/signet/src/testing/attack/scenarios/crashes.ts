/** The server dies between any two steps of a refresh. */
import { Browser, fateOf, policyOn } from '../people.ts'
import type { Scenario } from '../scenario.ts'
import { phone, type Stage } from '../stage.ts'
import type { Crashes } from '../system.ts'

export const crashScenarios: readonly Scenario[] = [
  {
    id: 'X1',
    title: 'the server dies in the middle of a refresh, and the client repeats it',
    source: 'lifecycle §2.6 (a crash between two statements loses the session), PROTOCOL R3',
    promise: { graced: { honest: 'served' } },
    needs: { crashes: true },
    async play(stage) {
      const browsers: Browser[] = []
      for (const point of crashesOf(stage).points) {
        const browser = await Browser.login(stage, phone)
        await crashesOf(stage).crash(point, browser.jar.refreshToken, phone)
        await browser.refresh()
        browsers.push(browser)
      }
      await stage.passGrace()
      const fate = await fateOf(stage, browsers)
      return { honest: fate }
    },
  },
  {
    id: 'X2',
    title: 'the server dies while it ends a session over reuse',
    source: 'PROTOCOL §3 N8: a kill that is lost between row and log',
    promise: { graced: { thief: 'nothing' }, strict: { thief: 'nothing' } },
    needs: { crashes: true },
    async play(stage) {
      let survivors = 0
      for (const point of crashesOf(stage).points) {
        const browser = await Browser.login(stage, phone)
        const old = browser.jar
        await browser.refresh()
        await stage.passGrace()
        await crashesOf(stage).crash(point, old.refreshToken, phone)
        // Whether the end came before the crash or comes now, nothing may be left after this.
        await stage.present(old.refreshToken, phone)
        survivors += await stage.countSurvivors([old, browser.jar])
      }
      return { thief: survivors > 0 ? 'undetected' : 'nothing' }
    },
  },
  {
    id: 'X3',
    title:
      'the server dies in the middle of a refresh, and nobody repeats it until the grace is over',
    source: 'PROTOCOL §1: not promised; it must be no fork and no fault',
    promise: {},
    needs: { crashes: true },
    async play(stage) {
      let fate: 'served' | 'loggedOut' = 'served'
      for (const point of crashesOf(stage).points) {
        const browser = await Browser.login(stage, phone)
        await crashesOf(stage).crash(point, browser.jar.refreshToken, phone)
        await stage.passGrace()
        await browser.refresh()
        if ((await policyOn(browser)) === 'loggedOut') fate = 'loggedOut'
      }
      return { honest: fate }
    },
  },
]

function crashesOf({ system }: Stage): Crashes {
  if (system.crashes === undefined) throw new TypeError(`${system.name} has no way to crash`)
  return system.crashes
}
