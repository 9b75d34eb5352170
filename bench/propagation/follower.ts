/** A process that verifies: it is given a token, and says when it first refused it. */
import { createSignet } from 'signet-jwt'
import { engines } from './engines.ts'

const [name, place, secret] = process.argv.slice(2) as [string, string, string]
const engine = engines.find((each) => each.name === name)
if (engine === undefined) throw new Error(`no engine is called ${name}`)
const signet = await createSignet({
  issuer: 'https://issuer.example',
  secret,
  store: engine.open(place),
})

process.on('message', (token: string) => {
  const lifetime = signet.watch(signet.verify(token))
  lifetime.addEventListener('abort', () => {
    const at = process.hrtime.bigint()
    if (signet.tryVerify(token).ok) throw new Error('the token is still accepted')
    process.send?.(String(at))
  })
  process.send?.('watching')
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
