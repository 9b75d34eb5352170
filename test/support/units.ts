/** The unit tests that run.ts has chosen, in this process. Each is independent of the others: order means nothing. */
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './npm.ts'

for (const file of (process.env.SIGNET_UNIT_TESTS ?? '').split(delimiter)) {
  await import(pathToFileURL(join(root, file)).href)
}
