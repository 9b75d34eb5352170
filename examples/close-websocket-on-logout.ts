/**
 * A WebSocket that closes when its user is logged out. Run:
 * node --conditions=@signet-jwt/source examples/close-websocket-on-logout.ts
 *
 * A token is verified when the connection is made, and the connection may live for hours. `watch` gives it a signal that
 * fires when the token expires or is revoked, by whatever process of the fleet.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type AccessClaims, type Claims, createSignet } from 'signet-jwt'
import { type WebSocket as Connection, WebSocketServer } from 'ws'

const signet = await createSignet({ issuer: 'https://chat.example' })

/** Close codes from 4000 on are the application's own (RFC 6455 section 7.4.2). */
const UNAUTHENTICATED = 4401

/** Browsers cannot set a header on a WebSocket, so the access token is the first message. */
async function authenticate(connection: Connection): Promise<AccessClaims<Claims> | undefined> {
  const [message] = await once(connection, 'message')
  const result = signet.tryVerify(String(message))
  if (result.ok) return result.value
  connection.close(UNAUTHENTICATED, result.error.name)
  return undefined
}

async function serve(connection: Connection): Promise<void> {
  const claims = await authenticate(connection)
  if (claims === undefined) return
  const lifetime = signet.watch(claims)
  const close = () => connection.close(UNAUTHENTICATED, lifetime.reason.name)
  if (lifetime.aborted) return close()
  lifetime.addEventListener('abort', close)
  // A connection that ends by itself needs no signal any more.
  connection.once('close', () => lifetime[Symbol.dispose]())
  connection.send(`welcome, user ${claims.sub}`)
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
server.on('connection', (connection) => {
  serve(connection).catch(() => connection.terminate())
})
await once(server, 'listening')
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`

/** A client that says what it is told, on one device of the user. */
async function connect(
  device: string,
  accessToken: string,
): Promise<{ readonly closed: Promise<void> }> {
  const socket = new WebSocket(url)
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => {
      show(device, `closed with ${code} ${reason}`)
      resolve()
    })
  })
  const answered = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      show(device, String(data))
      resolve()
    })
  })
  socket.addEventListener('open', () => socket.send(accessToken))
  await Promise.race([answered, closed])
  return { closed }
}

function show(who: string, what: string): void {
  console.log(`${who.padEnd(10)}${what}`)
}

const login = (deviceLabel: string) => signet.issue({ subject: '42', context: { deviceLabel } })
const [phone, laptop] = [await login('phone'), await login('laptop')]
const onPhone = await connect('phone', phone.accessToken)
const onLaptop = await connect('laptop', laptop.accessToken)

show('server', 'the phone is logged out')
await signet.revoke({ sessionId: phone.sessionId }, { reason: 'logged out' })
await onPhone.closed
await connect('phone', phone.accessToken)

show('server', 'the user is logged out everywhere')
await signet.revoke({ subject: '42' }, { reason: 'changed the password' })
await onLaptop.closed

server.close()
await signet.close()
