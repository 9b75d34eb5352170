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

it('the server answers odd requests with something below 500, logs no fault, and lives on', async () => {
  await survivesOddRequests(server, 600)
})
