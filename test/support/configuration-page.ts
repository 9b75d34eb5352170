/** docs/configuration.md, made from the settings: a test holds the page to it. */
import {
  defaultOf,
  fileOnly,
  flagOf,
  settingNames,
  settings,
  variableOf,
} from '../../packages/server/src/settings.ts'

export function configurationPage(): string {
  const rows = settingNames.map((name) => {
    const { description = '' } = settings.shape[name]
    const standard = defaultOf(name)
    return `| \`${name}\` | \`--${flagOf(name)}\` | \`${variableOf(name)}\` | ${standard === undefined ? '' : `\`${standard}\``} | ${description} |`
  })
  return `# Configuration of the server

<!-- Made from packages/server/src/settings.ts: a test says when it is out of date, and how to write it anew. -->

Each setting is a flag, an environment variable, or a member of a JSON file; a flag wins over a variable, a variable over
the file. The file is named by \`--config\` or \`SIGNET_CONFIG\`. A name that does not exist is refused, wherever it stands,
but for environment variables, which others may have set.

| in the file | flag | variable | default | |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

In the file only:

- \`clients\`: ${fileOnly.shape.clients.description}. Paths are relative to the file, and a secret has at least 16 characters.

\`\`\`json
{
  "issuer": "https://signet.example",
  "hasProxy": true,
  "clients": [{ "id": "app" }, { "id": "back end", "secretFile": "back-end.secret" }]
}
\`\`\`

Secrets are never settings, so that they do not appear in lists of processes: the master key and the admin keys are files
in the data directory, and others are named by files.
`
}
