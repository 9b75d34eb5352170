// Runs on any Node: says in one sentence what is wrong when the Node that an npm script found is too old.
// npm puts node_modules/.bin first on the PATH, where the optional dependency node-<platform> leaves its
// own `node`; only on a platform without such a package (macOS) is the machine's Node the one in use.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `Signet needs Node.js 24.15 or newer and found ${process.versions.node}: install a current Node.js, or run npm ci on Linux or Windows, where it brings its own.`,
  )
  process.exit(1)
}
