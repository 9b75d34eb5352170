/** A server in a process of its own whose clock can be wound, for attacks that need hours and must not take them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const clock = new URL('wound-clock.ts', import.meta.url).pathname

export interface WoundProcess {
  readonly child: ChildProcess
  /** Of the line that says `listens on <url>`. */
  readonly url: string
  windSeconds(seconds: number): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface WoundProcessOptions {
  readonly args?: readonly string[]
  /** How far ahead its clock is from the start. */
  readonly woundSeconds?: number
}

/** Starts a program; resolves when it says where it listens. */
export async function startWound(
  program: string,
  { args = [], woundSeconds = 0 }: WoundProcessOptions = {},
): Promise<WoundProcess> {
  const flags = ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, '--import', clock, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, WOUND_SECONDS: String(woundSeconds) },
  })
  let said = ''
  let errors = ''
  const listen = (chunk: unknown) => {
    said += String(chunk)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const exited = once(child, 'exit')
  while (!/listens on \S+\s/.test(said)) {
    await Promise.race([once(child.stdout as NodeJS.EventEmitter, 'data'), exited])
    if (child.exitCode !== null) throw new Error(`${program} ended at its start: ${errors}${said}`)
  }
  // What it says from here on, a log of every request perhaps, is read and dropped.
  child.stdout?.off('data', listen).resume()
  return {
    child,
    url: /listens on (\S+)/.exec(said)?.[1] ?? '',
    async windSeconds(seconds) {
      const wound = once(child, 'message')
      child.send({ windSeconds: seconds })
      await wound
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await exited
    },
  }
}
