/** What the server counts, in the format of Prometheus. The one file that knows prom-client. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Claims, Signet, Store } from 'signet-jwt'

/** From a token check in microseconds to a store that is in trouble, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** No steps: one lasts as long as the process, the other happens once. */
const untimed: readonly string[] = ['watch', 'close']

export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Histogram({
    name: 'signet_http_request_duration_seconds',
    help: 'Time to answer a request, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers: [this.#registry],
  })
  readonly #events = new Counter({
    name: 'signet_events_total',
    help: 'What has happened to sessions and keys, by type: rotated, reused, revoked and so on.',
    labelNames: ['type'],
    registers: [this.#registry],
  })
  readonly #store = new Histogram({
    name: 'signet_store_duration_seconds',
    help: 'Time a step of the store took, by step and outcome.',
    labelNames: ['step', 'outcome'],
    buckets: SECONDS,
    registers: [this.#registry],
  })
  readonly #receipts = new Histogram({
    name: 'signet_fleet_receipt_seconds',
    help: 'Time from a revocation to the receipt of the fleet, by whether it was complete.',
    labelNames: ['complete'],
    buckets: SECONDS,
    registers: [this.#registry],
  })
  readonly #checks = new Counter({
    name: 'signet_token_checks_total',
    help: 'Access tokens checked, by outcome: ok or the code of the error.',
    labelNames: ['outcome'],
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  request(route: string, method: string, status: number, seconds: number): void {
    this.#requests.observe({ route, method, status: String(status) }, seconds)
  }

  event(type: string): void {
    this.#events.inc({ type })
  }

  receipt(complete: boolean, seconds: number): void {
    this.#receipts.observe({ complete: String(complete) }, seconds)
  }

  check(outcome: string): void {
    this.#checks.inc({ outcome })
  }

  /** The verifier's own state, read whenever somebody asks. */
  watch(signet: Pick<Signet<Claims>, 'status'>): void {
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect() {
          this.set(read())
        },
      })
    const status = () => signet.status()
    gauge('signet_verifier_ready', 'Whether tokens can be verified now.', () =>
      Number(status().ready),
    )
    gauge(
      'signet_lease_age_seconds',
      'Seconds since revocations were last known to be complete.',
      () => status().staleForSeconds,
    )
    gauge('signet_revocations', 'Revocations held in memory.', () => status().entries)
    gauge(
      'signet_fleet_members',
      'Verifiers in the fleet, this one included.',
      () => status().followers,
    )
  }

  /** The same store, with the time of each step measured. */
  timed(store: Store): Store {
    const steps = Object.entries(store).map(([step, call]) => [
      step,
      untimed.includes(step) ? call : this.#timed(step, call),
    ])
    return Object.fromEntries(steps)
  }

  #timed(step: string, call: (...parameters: unknown[]) => Promise<unknown>) {
    return (...parameters: unknown[]) => {
      const done = this.#store.startTimer({ step })
      const result = call(...parameters)
      result.then(
        () => done({ outcome: 'ok' }),
        () => done({ outcome: 'failed' }),
      )
      return result
    }
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  print(): Promise<string> {
    return this.#registry.metrics()
  }
}
