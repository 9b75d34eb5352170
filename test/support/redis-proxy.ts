/** A wire between a client and a server that a test can slow, hold or cut. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class RedisProxy {
  readonly port: number
  /** Milliseconds that each piece takes in each direction. */
  latency = 0
  /** While true, answers do not reach the client; what it asks reaches the server all the same. */
  holdsAnswers = false
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async start(to: number): Promise<RedisProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new RedisProxy(server)
    server.on('connection', (client) => proxy.#join(client, to))
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Cuts every connection. What was held is lost. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async end(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, to: number): void {
    const server = connect(to, '127.0.0.1')
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (data) => this.#later(() => server.write(data)))
    server.on('data', (data) => {
      if (!this.holdsAnswers) this.#later(() => client.write(data))
    })
  }

  #later(send: () => void): void {
    if (this.latency === 0) send()
    else setTimeout(send, this.latency)
  }
}
