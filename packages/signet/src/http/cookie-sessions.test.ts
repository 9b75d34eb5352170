import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { StoreUnavailableError, SupersededRefreshTokenError } from '../errors.ts'
import { createSignet, type Signet } from '../signet.ts'
import { type CookieSessions, cookieSessions } from './cookie-sessions.ts'

const origin = 'https://app.example'
const NAME = '__Host-Http-refresh'

let signet: Signet<object>
let sessions: CookieSessions
before(async () => {
  signet = await createSignet<object>({ issuer: 'https://issuer.example' })
  sessions = cookieSessions(signet, { origins: [origin] })
})
after(() => signet.close())

const honest = { origin, 'sec-fetch-site': 'same-origin', 'x-signet': '1' }
const post = (cookie: string | undefined, headers: Record<string, string> = honest) =>
  new Request(`${origin}/auth/refresh`, {
    method: 'POST',
    headers: { ...headers, ...(cookie && { cookie: `${NAME}=${cookie}` }) },
  })
const login = async () => (await signet.issue({ subject: 'anna' })).refreshToken
const cookieOf = (response: Response) => response.headers.get('set-cookie') ?? ''
const tokenIn = (response: Response) => cookieOf(response).split(';')[0]?.split('=')[1]

describe('a session in a cookie', () => {
  it('is handed over by a cookie that only this host gets, and no script', async () => {
    const pair = await signet.issue({ subject: 'anna' })
    const [value, ...attributes] = sessions.setCookie(pair).split('; ')
    assert.equal(value, `${NAME}=${pair.refreshToken}`)
    const expected = ['Max-Age=1209600', 'Path=/', 'HttpOnly', 'SameSite=Strict', 'Secure']
    assert.deepEqual(attributes, expected)
  })

  it('is refreshed: the access token in JSON, the refresh token in the cookie alone', async () => {
    const response = await sessions.refresh(post(await login()))
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    const body = (await response.json()) as { accessToken: string; expiresInSeconds: number }
    assert.equal(signet.verify(body.accessToken).sub, 'anna')
    assert.ok(!JSON.stringify(body).includes(String(tokenIn(response))))
    assert.equal((await sessions.refresh(post(tokenIn(response)))).status, 200)
  })

  it('ends with the cookie when it is over, whatever ended it', async () => {
    const token = await login()
    await signet.revoke({ subject: 'anna' })
    for (const cookie of [token, 'nonsense']) {
      const response = await sessions.refresh(post(cookie))
      assert.equal(response.status, 401)
      assert.match(cookieOf(response), /^__Host-Http-refresh=; Max-Age=0; Path=\/; HttpOnly/)
    }
    const none = await sessions.refresh(post(undefined))
    assert.equal(none.status, 401)
    assert.equal(cookieOf(none), '')
  })

  it('keeps its cookie when the store is away or another tab was faster', async () => {
    for (const error of [
      new StoreUnavailableError('away'),
      new SupersededRefreshTokenError('another was faster'),
    ]) {
      const failing = cookieSessions(
        { ...signet, refresh: () => Promise.reject(error) },
        { origins: [origin] },
      )
      const response = await failing.refresh(post(await login()))
      assert.equal(response.status, 503)
      assert.ok(response.headers.get('retry-after'))
      assert.equal(cookieOf(response), '')
    }
  })

  it('is ended by logging out, and ending what is over is no error', async () => {
    const token = await login()
    const response = await sessions.logOut(post(token))
    assert.equal(response.status, 204)
    assert.match(cookieOf(response), /Max-Age=0/)
    assert.equal((await sessions.refresh(post(token))).status, 401)
    for (const cookie of [token, 'nonsense', undefined]) {
      assert.equal((await sessions.logOut(post(cookie))).status, 204)
    }
  })

  it('does not believe a cookie that is there twice', async () => {
    const twice = new Request(origin, {
      method: 'POST',
      headers: { ...honest, cookie: `${NAME}=a; ${NAME}=b` },
    })
    assert.equal((await sessions.refresh(twice)).status, 401)
  })
})

describe('a page that is not ours', () => {
  const refusals: readonly (readonly [string, Record<string, string>])[] = [
    ['from another origin', { ...honest, origin: 'https://evil.example' }],
    ['from a neighbouring host', { ...honest, origin: 'https://other.app.example' }],
    ['that names no origin', { 'sec-fetch-site': 'same-origin', 'x-signet': '1' }],
    ['that the browser calls cross-site', { ...honest, 'sec-fetch-site': 'cross-site' }],
    ['without the header that needs a preflight', { origin, 'sec-fetch-site': 'same-origin' }],
    ['from an opaque origin', { ...honest, origin: 'null' }],
  ]
  for (const [name, headers] of refusals) {
    it(`${name} neither refreshes nor logs out`, async () => {
      const token = await login()
      for (const endpoint of [sessions.refresh, sessions.logOut]) {
        const response = await endpoint(post(token, headers))
        assert.equal(response.status, 403)
        assert.equal(cookieOf(response), '')
        const allowed = response.headers.get('access-control-allow-origin')
        assert.equal(allowed, headers.origin === origin ? origin : null)
      }
      assert.equal((await sessions.refresh(post(token))).status, 200, 'nothing has happened')
    })
  }

  it('gets no yes to its preflight, and ours gets one', async () => {
    const ask = (from: string) =>
      sessions.refresh(new Request(origin, { method: 'OPTIONS', headers: { origin: from } }))
    const ours = await ask(origin)
    assert.equal(ours.status, 204)
    assert.equal(ours.headers.get('access-control-allow-headers'), 'x-signet')
    assert.equal(ours.headers.get('access-control-allow-credentials'), 'true')
    assert.equal(ours.headers.get('vary'), 'origin')
    const theirs = await ask('https://evil.example')
    assert.equal(theirs.status, 403)
    assert.equal(theirs.headers.get('access-control-allow-origin'), null)
  })

  it('cannot use another method', async () => {
    assert.equal((await sessions.refresh(new Request(origin, { headers: honest }))).status, 405)
  })
})

describe('the options of cookie sessions', () => {
  const refuses = (options: unknown, complaint: RegExp) =>
    assert.throws(() => cookieSessions(signet, options as never), complaint)

  it('are refused by name when they are not safe', () => {
    refuses({}, /'origins' must list/)
    refuses({ origins: ['https://app.example/path'] }, /scheme and host and no path/)
    refuses({ origins: ['*'] }, /'origins' must hold origins/)
    refuses({ origins: ['http://app.example'] }, /of https/)
    refuses({ origins: [origin], cookie: 'refresh' }, /begins with __Host-/)
    refuses({ origins: [origin], allowHttp: true }, /can only be 'localhost'/)
    refuses({ origins: [origin], maxAge: 1 }, /unknown option 'maxAge'/)
  })

  it('let http through on localhost alone, without what browsers would refuse there', async () => {
    const local = cookieSessions(signet, {
      origins: ['http://localhost:3000'],
      allowHttp: 'localhost',
    })
    const cookie = local.setCookie(await signet.issue({ subject: 'anna' }))
    assert.match(cookie, /^refresh=/)
    assert.doesNotMatch(cookie, /Secure/)
    refuses({ origins: ['http://app.example'], allowHttp: 'localhost' }, /of https/)
  })
})
