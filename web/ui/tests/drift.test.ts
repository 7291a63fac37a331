// @vitest-environment node
/** No page is built by types that are not the APIs': the first step of `npm run build`, with what it must refuse. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drift, stamped } from '../../scripts/drift.mjs'

const WEB = join(import.meta.dirname, '../..')
const SERVICE = 'reporting'
let copy = ''
const document = () => join(copy, `api/${SERVICE}.json`)
const types = () => join(copy, `ui/src/api/${SERVICE}.d.ts`)
const change = (path: string, how: (text: string) => string) => writeFileSync(path, how(readFileSync(path, 'utf8')))

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'muster-drift-'))
  for (const folder of ['api', 'ui/src/api']) cpSync(join(WEB, folder), join(copy, folder), { recursive: true })
})
afterEach(() => rmSync(copy, { recursive: true }))

describe('types of the APIs', () => {
  it('are those of the documents that are here', () => expect(drift(WEB)).toEqual([]))

  it.each([
    ['a document that says something else', () => change(document(), (text) => text.replace('"/ledger"', '"/planted"')), 'was made from another'],
    ['types that were changed by hand', () => change(types(), (text) => text.replace('"/ledger"', '"/planted"')), 'was changed by hand'],
    ['types that do not say of what they are', () => change(types(), (text) => text.split('\n').slice(3).join('\n')), 'does not say'],
    ['a document without types', () => rmSync(types()), 'has no types'],
    ['types without a document', () => rmSync(document()), 'is made from no document'],
  ])('differ with %s', (_, plant, said) => {
    plant()
    expect(drift(copy)).toEqual([expect.stringMatching(new RegExp(`${SERVICE}.*${said}`))])
  })

  it('fit again once they are made anew', () => {
    change(document(), (text) => `${text} `)
    writeFileSync(types(), stamped(SERVICE, readFileSync(document(), 'utf8'), 'export type paths = object\n'))
    expect(drift(copy)).toEqual([])
  })
})

describe('the build', () => {
  const step = () => spawnSync(process.execPath, [join(WEB, 'scripts/drift.mjs'), copy], { encoding: 'utf8' })

  it('begins with that, and ends there where they differ, saying what to do', () => {
    const { scripts } = JSON.parse(readFileSync(join(WEB, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    expect(scripts.build!.startsWith('node scripts/drift.mjs && ')).toBe(true)
    // A changed document alone builds anew, too: it is among what deploy/web.sh looks at.
    expect(readFileSync(join(WEB, '../deploy/web.sh'), 'utf8')).toMatch(/made=\$\(fingerprint .*\n.* web\/api /)
    expect(step()).toMatchObject({ status: 0, stderr: '' })
    change(document(), (text) => text.replace('"/ledger"', '"/planted"'))
    const { status, stderr } = step()
    expect(status).toBe(1)
    expect(stderr).toContain(`web/ui/src/api/${SERVICE}.d.ts was made from another web/api/${SERVICE}.json`)
    expect(stderr).toContain('npm run api')
  })
})
