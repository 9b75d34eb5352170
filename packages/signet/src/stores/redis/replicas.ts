/** Waiting until replicas have what was written, by WAIT. */
import { StoreUnavailableError } from '../../errors.ts'
import type { Driver } from './driver.ts'
import { unavailable } from './failure.ts'

/** How many replicas must have an acknowledged write, and how long they may take. */
export interface Durability {
  /** Replicas beside the primary, at least 1. */
  readonly waitReplicas: number
  /** Milliseconds, at least 1. */
  readonly timeoutMs: number
}

interface Group {
  readonly running: Promise<void>
  next: Promise<void> | undefined
}

/**
 * WAIT holds up its connection, so for each slot one is under way at a time, and those who come meanwhile share the next:
 * it covers what was answered before it is sent.
 */
export class Replicas {
  readonly #driver: Driver
  readonly #durability: Durability
  readonly #groups = new Map<string, Group>()

  constructor(driver: Driver, durability: Durability) {
    this.#driver = driver
    this.#durability = durability
  }

  /** Resolves when enough replicas have what was written to `key`. @throws StoreUnavailableError: it may or may not last */
  confirm(key: string): Promise<void> {
    const slot = key.slice(key.indexOf('{'), key.indexOf('}'))
    const group = this.#groups.get(slot)
    if (group === undefined) return this.#start(slot, key)
    group.next ??= group.running.catch(() => {}).then(() => this.#start(slot, key))
    return group.next
  }

  #start(slot: string, key: string): Promise<void> {
    const group: Group = { running: this.#wait(key), next: undefined }
    this.#groups.set(slot, group)
    const forget = () => {
      if (group.next === undefined) this.#groups.delete(slot)
    }
    group.running.then(forget, forget)
    return group.running
  }

  async #wait(key: string): Promise<void> {
    const { waitReplicas, timeoutMs } = this.#durability
    let replicas: number
    try {
      replicas = await this.#driver.wait(key, waitReplicas, timeoutMs)
    } catch (error) {
      throw unavailable(error)
    }
    if (replicas >= waitReplicas) return
    throw new StoreUnavailableError(
      `${replicas} of ${waitReplicas} replicas had the write within ${timeoutMs} ms: whether it will last is not known`,
    )
  }
}
