/**
 * Loaded before a program with --import: its clock then stands where WOUND_SECONDS says it is ahead, and goes further
 * forward when its parent says so. Every program can be wound in this way, and none needs to know.
 */
let aheadMs = Math.round(Number(process.env.WOUND_SECONDS ?? 0) * 1000)

const real = Date
globalThis.Date = new Proxy(real, {
  construct: (target, args, newTarget) =>
    args.length === 0
      ? new target(target.now() + aheadMs)
      : Reflect.construct(target, args, newTarget),
  get: (target, name, receiver) =>
    name === 'now' ? () => target.now() + aheadMs : Reflect.get(target, name, receiver),
})

process.on('message', ({ windSeconds }: { readonly windSeconds?: number }) => {
  if (windSeconds === undefined) return
  // A clock tells whole milliseconds.
  aheadMs += Math.round(windSeconds * 1000)
  process.send?.({ woundSeconds: aheadMs / 1000 })
})
// Whoever listens to a parent is else kept alive by it.
process.channel?.unref()
