/**
 * @node-rs/jsonwebtoken, which is a binary for each platform and is left out where none is installed. It stands in
 * bench/package.json and not among the dependencies of the repository, so that nobody needs such a binary to run the tests.
 */
interface Napi {
  signSync(claims: object, key: string | Buffer, header: object): string
  verifySync(token: string, key: string | Buffer, validation: object): object
}

/** In a variable, so that types can be checked where it is not installed. */
const name = '@node-rs/jsonwebtoken'

export const napi: Napi | undefined = await import(name).catch(() => {
  console.error(`${name} is left out; to install it: npm install --prefix bench`)
  return undefined
})
