/** For the tests of applications and of stores: a clock that is wound by hand, tokens good and bad, attacks on rotation. */
export { type Flaw, flaws } from './flaws.ts'
export { type FrozenClock, frozenClock } from './frozen-clock.ts'
export {
  type TokenFactory,
  type TokenFactoryOptions,
  type TokenOptions,
  tokenFactory,
} from './token-factory.ts'
