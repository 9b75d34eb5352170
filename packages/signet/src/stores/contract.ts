/**
 * The suite that defines a store: every engine runs it, and so can anyone who writes one. It needs a clock that it can
 * move, and a store that is empty.
 */
import { describe } from 'node:test'
import { fleetContract, ringContract } from './contract/fleet.ts'
import { logContract, logUpkeepContract } from './contract/log.ts'
import type { MakeStore } from './contract/material.ts'
import { repairContract, revocationContract } from './contract/revocation.ts'
import { deliveryContract, rotationContract } from './contract/rotation.ts'
import { sessionContract, sweepContract } from './contract/sessions.ts'

export type { MakeStore } from './contract/material.ts'

/**
 * Runs the contract against a store, with node:test.
 *
 * @param name stands in the titles of the tests
 * @param makeStore called once a test
 */
export function storeContract(name: string, makeStore: MakeStore): void {
  describe(`${name} keeps the store contract`, () => {
    sessionContract(makeStore)
    sweepContract(makeStore)
    rotationContract(makeStore)
    deliveryContract(makeStore)
    revocationContract(makeStore)
    repairContract(makeStore)
    logContract(makeStore)
    logUpkeepContract(makeStore)
    fleetContract(makeStore)
    ringContract(makeStore)
  })
}
