/** How scripts and commands reach the server: checked at first use, found again when forgotten, waited for when asked. */
import { StoreUnavailableError } from '../../errors.ts'
import type { Blocking, Driver } from './driver.ts'
import { unavailable } from './failure.ts'
import type { Keys } from './keys.ts'
import type { Replicas } from './replicas.ts'
import { infoSections, obstacleIn } from './requirements.ts'
import type { Script } from './script.ts'
import { openLog } from './scripts/log.ts'

/** The layout of the keys that this version writes. */
const LAYOUT_VERSION = 1

export interface ConnectionOptions {
  readonly driver: Driver
  readonly keys: Keys
  /** Asked after each write, where replicas must have it, too. */
  readonly replicas: Replicas | undefined
  /** For tests: the time that scripts are given. Without it they ask the server. */
  readonly clock: (() => Date) | undefined
  /** Called once, when the server has been found fit. */
  readonly onReady: () => void
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #stopListening: () => void
  #opening: Promise<void> | undefined
  #isReady = false
  #isClosed = false
  /** Grows whenever a connection fails or is replaced. */
  #interruptions = 0
  #onTrouble: ((reason: unknown) => void) | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#stopListening = options.driver.onTrouble((reason) => {
      this.#interruptions++
      if (reason !== undefined) this.#onTrouble?.(reason)
    })
  }

  /** Runs a script that changes nothing, or nothing that must survive. @throws StoreUnavailableError */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    if (this.#isReady) return this.#evaluate(script, keys, args)
    return this.#open().then(() => this.#evaluate(script, keys, args))
  }

  /** Runs a script that writes, and waits until as many replicas as asked for have it. @throws StoreUnavailableError */
  write(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { replicas } = this.#options
    const written = this.run(script, keys, args)
    return replicas === undefined ? written : this.#confirmed(written, keys, replicas)
  }

  async #confirmed(
    written: Promise<unknown>,
    keys: readonly string[],
    replicas: Replicas,
  ): Promise<unknown> {
    const interruptions = this.#interruptions
    const reply = await written
    await replicas.confirm(keys[0] as string)
    // Another connection knows nothing of what was written on this one, so its WAIT says nothing about it.
    if (interruptions !== this.#interruptions) {
      throw new StoreUnavailableError('the connection to Redis was interrupted during a write')
    }
    return reply
  }

  /** Sends one command. @throws StoreUnavailableError */
  send(key: string, command: readonly string[]): Promise<unknown> {
    if (this.#isReady) return this.#send(key, command)
    return this.#open().then(() => this.#send(key, command))
  }

  duplicate(): Blocking {
    return this.#options.driver.duplicate()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Calls after it are refused. The client is its owner's to close. */
  close(): void {
    this.#isClosed = true
    this.#isReady = false
    this.#stopListening()
  }

  async #evaluate({ sha, text }: Script, keys: readonly string[], args: readonly string[]) {
    const { driver, clock } = this.#options
    const now = clock === undefined ? '' : String(clock().getTime())
    const key = keys[0] as string
    const command = ['EVALSHA', sha, String(keys.length), ...keys, now, ...args]
    try {
      return await driver.send(key, command)
    } catch (error) {
      if (!isNoScript(error)) throw unavailable(error)
    }
    // After a restart, a failover or SCRIPT FLUSH the server does not know the script: nothing has happened yet.
    return this.#send(key, ['EVAL', text, ...command.slice(2)])
  }

  async #send(key: string, command: readonly string[]): Promise<unknown> {
    try {
      return await this.#options.driver.send(key, command)
    } catch (error) {
      throw unavailable(error)
    }
  }

  /** Once, unless it fails: then the next call tries again. */
  async #open(): Promise<void> {
    if (this.#isClosed) throw new StoreUnavailableError('the Redis store has been closed')
    this.#opening ??= this.#whileNothingFails(this.#check()).then(
      () => {
        this.#isReady = !this.#isClosed
        this.#options.onReady()
      },
      (error) => {
        this.#opening = undefined
        throw unavailable(error)
      },
    )
    return this.#opening
  }

  /** Clients try to connect for ever; the first failure on the way says more than the caller's deadline would. */
  #whileNothingFails(check: Promise<void>): Promise<void> {
    const failure = new Promise<never>((_, reject) => {
      this.#onTrouble = reject
    })
    return Promise.race([check, failure]).finally(() => {
      this.#onTrouble = undefined
    })
  }

  async #check(): Promise<void> {
    const { driver, keys } = this.#options
    await driver.connect()
    const servers = await driver.primaries()
    for (const send of servers) {
      const info = await Promise.all(infoSections.map((section) => send(['INFO', section])))
      const obstacle = obstacleIn(info.join('\n'))
      if (obstacle !== undefined) {
        throw new StoreUnavailableError(`the Redis server cannot hold the store: ${obstacle}`)
      }
    }
    const layout = Number(
      await this.#evaluate(openLog, keys.log, [String(LAYOUT_VERSION), keys.box('00')]),
    )
    if (layout > LAYOUT_VERSION) {
      throw new StoreUnavailableError(
        `the Redis store has layout ${layout}, newer than this version of Signet (${LAYOUT_VERSION}): upgrade signet-jwt`,
      )
    }
  }
}

function isNoScript(error: unknown): boolean {
  return /NOSCRIPT/.test((error as Error | undefined)?.message ?? '')
}
