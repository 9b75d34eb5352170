/** Events in the order of simulated time: a heap. */

interface Event {
  readonly at: number
  /** Events of one instant happen in the order in which they were planned. */
  readonly order: number
  readonly run: () => void
}

export class EventQueue {
  readonly #heap: Event[] = []
  #now = 0
  #planned = 0

  /** Simulated milliseconds. */
  get now(): number {
    return this.#now
  }

  at(at: number, run: () => void): void {
    const event = { at: Math.max(at, this.#now), order: this.#planned++, run }
    this.#heap.push(event)
    this.#rise(this.#heap.length - 1)
  }

  after(milliseconds: number, run: () => void): void {
    this.at(this.#now + milliseconds, run)
  }

  /** Runs events until none is left or the next lies beyond `end`. */
  runUntil(end: number): void {
    for (;;) {
      const [next] = this.#heap
      if (next === undefined || next.at > end) return
      this.#removeFirst()
      this.#now = next.at
      next.run()
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop() as Event
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink()
  }

  #rise(start: number): void {
    for (let place = start; place > 0; ) {
      const parent = (place - 1) >>> 1
      if (!this.#isBefore(place, parent)) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #sink(): void {
    for (let place = 0; ; ) {
      const left = 2 * place + 1
      const first = this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#isBefore(first, place)) return
      this.#swap(place, first)
      place = first
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return false
    return one.at < other.at || (one.at === other.at && one.order < other.order)
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Event
    this.#heap[a] = this.#heap[b] as Event
    this.#heap[b] = kept
  }
}
