/** Which key signed the token that claims were read from: kept beside them, where no copy and no print-out shows it. */

const KID = Symbol('kid')

/** Before the claims are frozen. Without a `kid` there is nothing to remember, since no such key can be withdrawn. */
export function rememberKid(claims: object, kid: string | undefined): void {
  if (kid !== undefined) Object.defineProperty(claims, KID, { value: kid })
}

export function kidOf(claims: object): string | undefined {
  return (claims as { readonly [KID]?: string })[KID]
}
