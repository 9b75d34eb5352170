/** The heap of another process after a forced collection, by the inspector it was started with. */

/** @param errors what the process has written to stderr, where the inspector says its address */
export async function heapMeter(errors: () => string): Promise<() => Promise<number>> {
  const [url] = /ws:\/\/\S+/.exec(errors()) ?? []
  if (url === undefined) throw new Error('the process was not started with --inspect')
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  let asked = 0
  const ask = (method: string) => {
    const id = ++asked
    return new Promise<{ readonly usedSize: number }>((resolve) => {
      const listen = ({ data }: MessageEvent) => {
        const message = JSON.parse(String(data))
        if (message.id !== id) return
        socket.removeEventListener('message', listen)
        resolve(message.result)
      }
      socket.addEventListener('message', listen)
      socket.send(JSON.stringify({ id, method }))
    })
  }
  return async () => {
    await ask('HeapProfiler.collectGarbage')
    return (await ask('Runtime.getHeapUsage')).usedSize
  }
}
