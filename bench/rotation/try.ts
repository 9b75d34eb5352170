import { contenders } from './contenders.ts'
import { Load } from './load.ts'

const load = await Load.start()
const only = process.argv[2]
for (const c of contenders) {
  if (only && !c.name.includes(only)) continue
  const open = await c.open()
  let refreshTokens: readonly string[] = (
    await Promise.all(Array.from({ length: 32 }, (_, i) => open.system.issue(`load ${i}`)))
  ).map((p) => p.refreshToken)
  for (let i = 0; i < 4; i++) {
    const r = await load.run({
      tokenUrl: open.tokenUrl,
      parameters: open.parameters,
      refreshTokens,
      milliseconds: 1500,
    })
    refreshTokens = r.refreshTokens
    console.log(c.name, ((r.refreshes / r.milliseconds) * 1000) | 0)
  }
  await open.close()
}
load.stop()
