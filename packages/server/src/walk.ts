/** What a newcomer is shown at the start: five commands from a log-in to a refused token. */

/**
 * The walk as shell commands that work as they stand, with curl and sed and nothing else.
 *
 * @param origin where the server listens
 */
export function curlWalk(origin: string, adminKeyPath: string): string {
  return `# log in: 42 is somebody you have just authenticated
SESSION=$(curl -s ${origin}/v1/sessions -H "Authorization: Bearer $(cat ${quote(adminKeyPath)})" \\
  -H 'Content-Type: application/json' -d '{"subject":"42","claims":{"role":"editor"}}')
ACCESS=$(echo "$SESSION" | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
REFRESH=$(echo "$SESSION" | sed 's/.*"refreshToken":"\\([^"]*\\)".*/\\1/')

# who is it?
curl -s ${origin}/v1/whoami -H "Authorization: Bearer $ACCESS"

# refresh
REFRESHED=$(curl -s ${origin}/oauth/token -d grant_type=refresh_token -d refresh_token="$REFRESH")
ACCESS=$(echo "$REFRESHED" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s ${origin}/v1/whoami -H "Authorization: Bearer $ACCESS"

# log out everywhere
curl -s -X DELETE ${origin}/v1/me/sessions -H "Authorization: Bearer $ACCESS"

# the same access token, not yet expired: refused
curl -si ${origin}/v1/whoami -H "Authorization: Bearer $ACCESS"
`
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
