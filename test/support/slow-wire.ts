/** A wire between a client and a server of this machine that can be made to hold what passes over it. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export class SlowWire {
  readonly port: number
  readonly #server: Server
  readonly #sockets: ReadonlySet<Socket>
  #held: (() => void)[] | undefined

  private constructor(server: Server, sockets: ReadonlySet<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as { port: number }).port
  }

  static async to(port: number): Promise<SlowWire> {
    const sockets = new Set<Socket>()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const wire = new SlowWire(server, sockets)
    server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from)
        from.on('data', (data) => wire.#pass(() => to.write(data)))
        from.on('end', () => wire.#pass(() => to.end()))
        from.on('error', () => to.destroy())
      }
    })
    return wire
  }

  /** Until `release`, nothing arrives on either side. */
  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const pass of held) pass()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pass(pass: () => void): void {
    if (this.#held === undefined) pass()
    else this.#held.push(pass)
  }
}
