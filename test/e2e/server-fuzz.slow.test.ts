import { after, before, it } from 'node:test'
import { survivesOddRequests } from './odd-requests.ts'
import { type ServerProcess, startProcess, temporaryDirectory } from './server-process.ts'

const directory = temporaryDirectory()
let server: ServerProcess
before(async () => {
  const quiet = ['--log-level', 'error', '--oauth-requests-per-minute', '1000000']
  server = await startProcess(directory.path, quiet)
})
after(async () => {
  await server.stop('SIGTERM')
  directory.remove()
})

it('the server answers 100,000 odd requests without a 500', { timeout: 900_000 }, async () => {
  await survivesOddRequests(server, 100_000)
})
