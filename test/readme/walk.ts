// After the block of the README: the app is asked what its reader would ask it.
const server = app.listen(0)
const { port } = server.address() as import('node:net').AddressInfo
const ask = (method: string, path: string, token = '', body?: object) =>
  fetch(`http://localhost:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
const read = async (answer: Promise<globalThis.Response>) =>
  (await (await answer).json()) as Record<string, string>
const login = await read(ask('POST', '/login', undefined, { name: 'anna' }))
const { accessToken } = await read(ask('POST', '/refresh', undefined, login))
console.log((await read(ask('GET', '/me', accessToken))).role)
console.log((await ask('DELETE', '/articles/1', accessToken)).status)
console.log((await ask('POST', '/logout', accessToken)).status)
console.log((await ask('GET', '/me', accessToken)).status)
server.close()
server.closeAllConnections()
await signet.close()
