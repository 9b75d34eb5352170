/** 500 kills, in ten tests: each on a file of its own, and none longer than a test may take. */
import { seedOfRun } from '../../packages/signet/src/stores/contract/material.ts'
import { killTest } from './kill.ts'

for (let part = 0; part < 10; part++) {
  killTest(`fifty kills lose nothing and fork nothing, part ${part + 1}`, 50, seedOfRun() + part)
}
