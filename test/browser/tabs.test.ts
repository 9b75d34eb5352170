/** Three tabs of a real Chromium that race for one refresh. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { BrowserSession } from 'signet-jwt/browser'
import { findChromium, needCommand } from '../support/need.ts'
import { Site } from './pages.ts'

declare global {
  var session: BrowserSession
}

let browser: Browser | undefined
let site: Site

before(async () => {
  site = await Site.open(2)
  const executablePath = findChromium()
  if (executablePath === undefined) return
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-sync',
  ]
  browser = await chromium.launch({ executablePath, args })
})
after(async () => {
  await browser?.close()
  await site.close()
})

/** Tabs of one user who has logged in. */
async function openTabs(count: number): Promise<{ context: BrowserContext; tabs: Page[] }> {
  assert.ok(browser)
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const tabs: Page[] = []
  for (let each = 0; each < count; each++) {
    const tab = await context.newPage()
    await tab.goto(site.origin)
    await tab.waitForFunction(() => 'session' in globalThis)
    tabs.push(tab)
  }
  await tabs[0]?.evaluate(() =>
    fetch('/auth/login', { method: 'POST' }).then(({ status }) => status),
  )
  site.refreshes.length = 0
  return { context, tabs }
}

const me = (tab: Page) =>
  tab.evaluate(async () => {
    const response = await globalThis.session.fetch('/api/me')
    return ((await response.json()) as { sub?: string }).sub
  })
const tokenOf = (tab: Page) => tab.evaluate(() => globalThis.session.accessToken())

test('three tabs that need a token at once refresh once, and again once when it has expired', async (t) => {
  if (needCommand(t, 'chromium', 'apt-get install chromium') === undefined) return
  const { context, tabs } = await openTabs(3)
  const first = await Promise.all(tabs.map(tokenOf))
  assert.equal(new Set(first).size, 1, 'one token for all')
  assert.deepEqual(site.refreshes, [200])
  // The token expires; every tab finds out by itself.
  await tabs[0]?.waitForTimeout(2100)
  const second = await Promise.all(tabs.map(tokenOf))
  assert.equal(new Set(second).size, 1)
  assert.notEqual(second[0], first[0])
  assert.deepEqual(site.refreshes, [200, 200])
  assert.deepEqual(await Promise.all(tabs.map(me)), ['anna', 'anna', 'anna'])
  await context.close()
})

test('a tab whose answer is lost repeats itself, and nobody is logged out', async (t) => {
  if (needCommand(t, 'chromium', 'apt-get install chromium') === undefined) return
  const { context, tabs } = await openTabs(3)
  await Promise.all(tabs.map(tokenOf))
  await tabs[0]?.waitForTimeout(2100)
  site.refreshes.length = 0
  site.losing = 1
  assert.deepEqual(await Promise.all(tabs.map(me)), ['anna', 'anna', 'anna'])
  assert.deepEqual(site.refreshes, [200, 200], 'once lost, once heard')
  await context.close()
})

test('a busy server is asked again, and a session that is over is not', async (t) => {
  if (needCommand(t, 'chromium', 'apt-get install chromium') === undefined) return
  const { context, tabs } = await openTabs(2)
  site.busy = 2
  assert.deepEqual(await Promise.all(tabs.map(me)), ['anna', 'anna'])
  assert.deepEqual(site.refreshes, [503, 503, 200])
  await site.signet.revoke({ subject: 'anna' })
  site.refreshes.length = 0
  const over = await tabs[0]?.evaluate(() =>
    globalThis.session.fetch('/api/me').then(
      ({ status }) => String(status),
      (error: Error) => error.name,
    ),
  )
  assert.equal(over, 'LoggedOutError')
  assert.deepEqual(site.refreshes, [401])
  assert.deepEqual(await context.cookies(), [], 'the cookie is gone')
  await context.close()
})

test('logging out in one tab ends the session in all, and no script ever sees the refresh token', async (t) => {
  if (needCommand(t, 'chromium', 'apt-get install chromium') === undefined) return
  const { context, tabs } = await openTabs(2)
  const [one, two] = tabs
  assert.ok(one && two)
  await me(one)
  await me(two)
  const [cookie] = await context.cookies()
  assert.equal(cookie?.name, '__Host-Http-refresh')
  assert.deepEqual([cookie?.httpOnly, cookie?.secure, cookie?.sameSite], [true, true, 'Strict'])
  assert.equal(await one.evaluate('document.cookie'), '')
  assert.equal(
    await one.evaluate('Object.keys(localStorage).length + Object.keys(sessionStorage).length'),
    0,
  )
  await one.evaluate(() => globalThis.session.logOut())
  assert.deepEqual(await context.cookies(), [])
  const over = await two.evaluate(() =>
    globalThis.session.accessToken().then(
      () => 'a token',
      (error: Error) => error.name,
    ),
  )
  assert.equal(over, 'LoggedOutError')
  await context.close()
})
