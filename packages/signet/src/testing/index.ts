/** For the tests of applications and of stores: a clock that is wound by hand, tokens good and bad, attacks on rotation. */
export {
  type AttackOptions,
  type AttackReport,
  attack,
  printReport,
  type ScenarioReport,
  scenarios,
} from './attack/run.ts'
export type { Scenario, Verdict } from './attack/scenario.ts'
export {
  type SignetSystem,
  type SignetSystemOptions,
  signetSystem,
} from './attack/signet-system.ts'
export type { Counts, Stage } from './attack/stage.ts'
export type {
  CallerContext,
  Crashes,
  RefreshOutcome,
  RotationSystem,
  TokenPairOf,
} from './attack/system.ts'
export {
  type TokenEndpointSystemOptions,
  tokenEndpointSystem,
} from './attack/token-endpoint-system.ts'
export { type Flaw, flaws } from './flaws.ts'
export { type FrozenClock, frozenClock } from './frozen-clock.ts'
export {
  type TokenFactory,
  type TokenFactoryOptions,
  type TokenOptions,
  tokenFactory,
} from './token-factory.ts'
