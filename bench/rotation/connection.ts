/**
 * A connection that is kept alive, for posting forms one after the other. Node's own clients cost more than the servers
 * that are measured here: with them every fast server looks equally slow.
 */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: string
}

export class Connection {
  readonly #socket: Socket
  readonly #head: string
  #received = ''
  #settle: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  constructor(url: string) {
    const { hostname, port, pathname, host } = new URL(url)
    this.#head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-www-form-urlencoded\r\n`
    this.#socket = connect({ host: hostname === 'localhost' ? '127.0.0.1' : hostname, port: +port })
    this.#socket.setNoDelay(true).setEncoding('latin1')
    this.#socket.on('data', (chunk) => this.#receive(String(chunk)))
    this.#socket.on('error', (error) => this.#settle?.reject(error))
    this.#socket.on('close', () => this.#settle?.reject(new Error(`${url} hung up`)))
  }

  /** @param form URL-encoded, so one byte a character */
  post(form: string): Promise<Answer> {
    this.#socket.write(`${this.#head}content-length: ${form.length}\r\n\r\n${form}`)
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  #receive(chunk: string): void {
    this.#received += chunk
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.slice(0, end)
    const body = readBody(head, this.#received.slice(end + 4))
    if (body === undefined) return
    this.#received = ''
    this.#settle?.resolve({ status: Number(head.slice(9, 12)), body })
  }
}

/** The body once it is complete: by its length, or in chunks (RFC 9112 sections 6.2 and 7.1). */
function readBody(head: string, rest: string): string | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return rest.length >= Number(length) ? rest : undefined
  if (!rest.endsWith('0\r\n\r\n')) return undefined
  let body = ''
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at)
    const size = Number.parseInt(rest.slice(at, line), 16)
    if (size === 0) return body
    body += rest.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}
