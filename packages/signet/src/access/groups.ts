/** Values by a name that several may share. Most names have one value, which is kept without a set around it. */
export class Groups<Name, Value extends object> {
  readonly #groups = new Map<Name, Value | Set<Value>>()
  #size = 0

  /** Values in all groups. */
  get size(): number {
    return this.#size
  }

  keys(): Iterable<Name> {
    return this.#groups.keys()
  }

  /** The values of a name. What is added or removed meanwhile may or may not be among them. */
  get(name: Name): Iterable<Value> {
    const group = this.#groups.get(name)
    if (group === undefined) return []
    return group instanceof Set ? group : [group]
  }

  *values(): Iterable<Value> {
    for (const name of this.#groups.keys()) yield* this.get(name)
  }

  /** A value without a name is not kept. */
  add(name: Name | undefined, value: Value): void {
    if (name === undefined) return
    const group = this.#groups.get(name)
    if (group instanceof Set) group.add(value)
    else this.#groups.set(name, group === undefined ? value : new Set([group, value]))
    this.#size++
  }

  delete(name: Name | undefined, value: Value): void {
    if (name === undefined) return
    const group = this.#groups.get(name)
    if (group === value) this.#groups.delete(name)
    else if (!(group instanceof Set) || !group.delete(value)) return
    else if (group.size === 0) this.#groups.delete(name)
    this.#size--
  }
}
