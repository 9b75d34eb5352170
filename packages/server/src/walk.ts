/** A first walk through the server with curl: what is printed at the start, and run as it stands by a test. */

/** Lines for a POSIX shell with curl and sed. `echo` rather than comments: not every shell takes those when pasted. */
export function curlWalk(url: string, adminKeyPath: string): string {
  return `S='${url}'
ADMIN="Authorization: Bearer $(cat ${quote(adminKeyPath)})"
JSON='Content-Type: application/json'
pick() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }

echo; echo '1. Log in: your login handler sends this once the password was right'
PAIR=$(curl -sS "$S/v1/sessions" -H "$ADMIN" -H "$JSON" -d '{"subject":"42","claims":{"role":"editor"}}')
echo "$PAIR"

echo; echo '2. Who am I: what any service reads from the access token'
ACCESS=$(echo "$PAIR" | pick accessToken)
curl -sS "$S/v1/whoami" -H "Authorization: Bearer $ACCESS" -w '\\n'

echo; echo '3. Refresh: a new pair, still an editor'
PAIR=$(curl -sS "$S/oauth/token" -d grant_type=refresh_token -d "refresh_token=$(echo "$PAIR" | pick refreshToken)")
ACCESS=$(echo "$PAIR" | pick access_token)
curl -sS "$S/v1/whoami" -H "Authorization: Bearer $ACCESS" -w '\\n'

echo; echo '4. Log out everywhere: answered when every verifier refuses'
curl -sS "$S/v1/revocations" -H "$ADMIN" -H "$JSON" -d '{"subject":"42","waitFor":"fleet"}' -w '\\n'

echo; echo '5. The same access token again: refused, long before it expires'
curl -sS -i "$S/v1/whoami" -H "Authorization: Bearer $ACCESS" -w '\\n'
`
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}
