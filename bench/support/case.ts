/** What a measurement is made of. A case is one question put to several subjects; how it is measured is not its business. */

export interface Subject<Input = unknown, Result = unknown> {
  readonly name: string
  /** A floor is what the work costs at least with what Node offers: it is no product, and checks next to nothing. */
  readonly role: 'signet' | 'peer' | 'floor'
  /** A subject with promises is awaited call by call: its time is a latency and contains a way to the thread pool and back. */
  readonly isAsync: boolean
  /** Makes the input of one call. Its time is not measured. */
  input(index: number): Input
  run(input: Input): Result | Promise<Result>
  /** A number that depends on the result, so that no compiler may leave the work out. */
  consume(result: Result): number
  /** @throws when the subject does not do what it is measured for */
  check(): void | Promise<void>
}

export interface Case {
  readonly bench: string
  /** For example 'HS256 verify'. */
  readonly name: string
  readonly subjects: readonly Subject[]
}
