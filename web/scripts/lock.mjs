// The lock carries names, versions and hashes, and no addresses: takes out what npm writes about
// funding. With --check nothing is written and an address is an error.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(path, 'utf8'))
for (const held of Object.values(lock.packages)) delete held.funding
const written = `${JSON.stringify(lock, null, 2)}\n`

if (!process.argv.includes('--check')) writeFileSync(path, written)
else if (written !== readFileSync(path, 'utf8')) {
  console.error('the lock holds addresses, run `npm run lock`')
  process.exit(1)
}
const address = written.split('\n').find((line) => /:\/\/|"resolved": "(file|git)/.test(line))
if (address) {
  console.error(`package-lock.json has an address: ${address.trim()}`)
  process.exit(1)
}
