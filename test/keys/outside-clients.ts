/** Three verifiers that know nothing but the JWKS, while keys rotate: jose, jwks-rsa and PyJWT, as their users set them up. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import jwksRsa from 'jwks-rsa'
import {
  type Claims,
  createSignet,
  decodeUnverified,
  generateSecret,
  type Signet,
} from 'signet-jwt'
import { jwksEndpoint } from 'signet-jwt/http'
import { memoryStore } from 'signet-jwt/stores/memory'

/** The interval at which keys rotate. What clients keep, and how seldom they ask, must lie within it. */
const ROTATE_SECONDS = 1
const MAX_AGE_SECONDS = 1
const COOLDOWN_MS = 500
const PAUSE_MS = 20
/** Tokens are verified once more after this, when their key has long been retired. */
const LATER_MS = 2500

const issuer = 'https://issuer.example'

interface Client {
  readonly name: string
  /** 'accepted', or the name of the error. */
  readonly verify: (token: string) => Promise<string>
  readonly close?: () => void
}

export interface Tally {
  readonly rotations: number
  readonly verified: { readonly [client: string]: number }
  readonly fetched: number
}

/** Verifies until so many keys have signed, then withdraws one. Whatever is refused wrongly is an assertion that fails. */
export async function rotateBeforeClients(rotations: number, python: string): Promise<Tally> {
  await using signet = await createSignet({
    issuer,
    keys: {
      algorithm: 'ES256',
      masterKey: generateSecret(),
      rotateEverySeconds: ROTATE_SECONDS,
      jwksMaxAgeSeconds: MAX_AGE_SECONDS,
    },
    store: memoryStore(),
    accessLifetimeSeconds: 20,
    revocation: { maxStalenessSeconds: 2 },
  })
  const server = await publish(signet)
  const clients = [joseClient(server.url), jwksRsaClient(server.url), pyjwt(python, server.url)]
  try {
    const signed = new Set<string>()
    const verified = Object.fromEntries(clients.map(({ name }) => [name, 0]))
    const accept = async (token: string) => {
      for (const { name, verify } of clients) {
        assert.equal(await verify(token), 'accepted', name)
        verified[name] = (verified[name] ?? 0) + 1
      }
    }
    const later: Promise<void>[] = []
    while (signed.size <= rotations) {
      const { accessToken } = await signet.issueAccessToken({ subject: '42' })
      signed.add(decodeUnverified(accessToken).header.kid as string)
      await accept(accessToken)
      later.push(sleep(LATER_MS).then(() => accept(accessToken)))
      await sleep(PAUSE_MS)
    }
    await Promise.all(later)
    await refuseWithdrawn(signet, clients)
    return { rotations: signed.size - 1, verified, fetched: server.fetched() }
  } finally {
    for (const { close } of clients) close?.()
    server.close()
  }
}

/** Who has only the JWKS hears of a withdrawn key when its copy runs out: that is all such a verifier can do. */
async function refuseWithdrawn(signet: Signet<Claims>, clients: readonly Client[]): Promise<void> {
  const { accessToken } = await signet.issueAccessToken({ subject: '42' })
  const keyId = decodeUnverified(accessToken).header.kid as string
  await signet.revoke({ keyId }, { waitFor: 'fleet' })
  await sleep(MAX_AGE_SECONDS * 1000 + COOLDOWN_MS)
  for (const { name, verify } of clients)
    assert.notEqual(await verify(accessToken), 'accepted', name)
}

async function publish(signet: Signet<Claims>) {
  const answer = jwksEndpoint(signet)
  let fetched = 0
  const server = createServer(async (_, response) => {
    fetched++
    const { status, headers, body } = await answer(new Request(issuer))
    response.writeHead(status, Object.fromEntries(headers))
    response.end(await new Response(body).text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}/jwks.json`, fetched: () => fetched, close }
}

async function verdict(verify: () => Promise<unknown>): Promise<string> {
  try {
    await verify()
    return 'accepted'
  } catch (error) {
    return (error as Error).name
  }
}

function joseClient(url: string): Client {
  const keys = createRemoteJWKSet(new URL(url), {
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_SECONDS * 1000,
  })
  return { name: 'jose', verify: (token) => verdict(() => jwtVerify(token, keys, { issuer })) }
}

function jwksRsaClient(url: string): Client {
  const client = jwksRsa({ jwksUri: url, cache: true, cacheMaxAge: MAX_AGE_SECONDS * 1000 })
  const verify = async (token: string) => {
    const key = await client.getSigningKey(decodeUnverified(token).header.kid)
    jsonwebtoken.verify(token, key.getPublicKey(), { algorithms: ['ES256'], issuer })
  }
  return { name: 'jwks-rsa', verify: (token) => verdict(() => verify(token)) }
}

function pyjwt(python: string, url: string): Client {
  const script = join(import.meta.dirname, 'pyjwk_client.py')
  const child = spawn(python, [script, url, issuer, String(MAX_AGE_SECONDS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting: ((answer: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line))
  const verify = (token: string) =>
    new Promise<string>((resolve) => {
      waiting.push(resolve)
      child.stdin.write(`${token}\n`)
    })
  return { name: 'PyJWT', verify, close: () => child.kill() }
}
