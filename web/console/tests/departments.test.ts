// @vitest-environment node
// (jsdom has arrays of its own, which the browser's cryptography here does not take.)
/** Departments: the key file, packets, the workbook (R92, R100, R101). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readXlsx, writeXlsx } from 'hucre/xlsx'
import { describe, expect, it, vi } from 'vitest'
import { ownExtracts } from '../src/pages/departments/extracts'
import { enrolment, KeyFileFault, makeKeyFile, openKeyFile, type DepartmentKeys } from '../src/pages/departments/keyfile'
import { BadPacket, encode, openPacket, openPart, sealPart, sign, signAndSeal, type Held, type Jwk } from '../src/pages/departments/packets'
import { complete, load, openRequest, sealAnswer, send, VERDICTS, type Asked, type Filled, type Kept } from '../src/pages/departments/requests'
import { NoWorkbook, read, write, type Words } from '../src/pages/departments/workbook'
import { importJWK } from 'jose'
import { departments } from '../../mock/departments.mjs'

type Said = (path: string, body?: unknown) => unknown
const service: { said: Said } = { said: () => undefined }
vi.mock('@muster/ui', () => ({
  get: async (_: string, path: string) => service.said(path),
  post: async (_: string, path: string, asked: { body: unknown }) => service.said(path, JSON.parse(JSON.stringify(asked.body))),
}))

const GOLDEN = join(import.meta.dirname, '../../../tests/contracts/golden/packets')
const golden = JSON.parse(readFileSync(join(GOLDEN, 'service.json'), 'utf8')) as {
  department: string
  keys: { sig: Jwk; enc: Jwk }
  service: { packet: Jwk; sign: Jwk }
  item: { event_id: string; case_id: string; version: number; sealed: string }
  part: { fields: Record<string, string>; asked: string[] }
}
const open = ({ kty, crv, x, y, use, kid }: Jwk): Jwk => ({ kty, crv, x, y, use, kid }) as Jwk
const hold = async (jwk: Jwk, alg: string): Promise<Held> => ({ kid: jwk.kid!, key: (await importJWK(jwk, alg)) as CryptoKey, public: open(jwk) })
const holding = async (): Promise<DepartmentKeys> => ({
  department: golden.department,
  signing: await hold(golden.keys.sig, 'ES256'),
  encryption: await hold(golden.keys.enc, 'ECDH-ES'),
})
const signers = [open(golden.service.sign)]
const reader = open(golden.service.packet)
const FILLED: Filled = { verdicts: { name: 'match', sex: 'undecided' }, remark: ' 户口簿 ' }
/** Deriving a key from a passphrase is slow on purpose. */
const SLOW = 120_000
const PASSPHRASE = 'correct horse battery'
const rule = async (work: Promise<unknown>) => work.then(() => 'none', (error: unknown) => (error instanceof BadPacket ? error.rule : String(error)))

describe('packets', () => {
  it('of the service open with the department\'s key, and what is made here the service opens', async () => {
    const keys = await holding()
    const asked = await openRequest(keys, signers, golden.item)
    expect(asked).toMatchObject({ id: golden.item.event_id, caseId: golden.item.case_id, version: 3, fields: golden.part.fields, asked: ['name', 'sex'] })
    const own = await openKeyFile(await makeKeyFile('public-security', PASSPHRASE), PASSPHRASE)
    const page = {
      answer: await sealAnswer(keys, reader, asked, FILLED),
      question: await signAndSeal({ asks: 'requests' }, keys.signing, reader),
      public: [own.signing.public, own.encryption.public],
      proof: await enrolment(own, '7K3M-0QXA'),
    }
    // Signatures differ each time: the kept file is what tests/contracts opens.
    if (process.env.MUSTER_WRITE_GOLDEN) writeFileSync(join(GOLDEN, 'page.json'), `${JSON.stringify(page, null, 2)}\n`)
    expect(existsSync(join(GOLDEN, 'page.json'))).toBe(true)
    const verification = await hold(golden.service.packet, 'ECDH-ES')
    const context = { topic: 'verification-answered-public-security', consumer: 'verification', event: page.answer.event_id, type: 'muster.verification.answered.v1', subject: golden.item.case_id, version: 3 }
    const part = await openPart(page.answer.sealed, verification, [open(golden.keys.sig)], context)
    expect(part).toMatchObject({ request: golden.item.event_id, verdicts: { name: 'match', sex: 'undecided' }, remark: '户口簿' })
    for (const word of ['match', '户口簿', '某人']) {
      expect(JSON.stringify(page.answer)).not.toContain(word)
      expect(JSON.stringify(page.answer)).not.toContain(Buffer.from(word).toString('base64').replace(/=+$/, ''))
    }
  }, SLOW)

  it('that were moved, changed, or made by or for somebody else are not taken', async () => {
    const keys = await holding()
    const other = await openKeyFile(await makeKeyFile('public-security', PASSPHRASE), PASSPHRASE)
    const opened = (item: typeof golden.item, by = keys, known = signers) => rule(openRequest(by, known, item))
    expect(await opened({ ...golden.item, version: 4 })).toBe('packet-context')
    expect(await opened({ ...golden.item, event_id: golden.item.case_id })).toBe('packet-context')
    expect(await opened(golden.item, { ...keys, department: 'armed-forces' })).toBe('packet-context')
    expect(await opened(golden.item, other)).toBe('packet-recipient')
    expect(await opened(golden.item, keys, [])).toBe('packet-key-unknown')
    expect(await opened(golden.item, keys, [{ ...other.signing.public, kid: golden.service.sign.kid! }])).toBe('packet-signature')
    const [head, ...rest] = golden.item.sealed.split('.')
    expect(await opened({ ...golden.item, sealed: [head, ...rest.slice(0, 2), 'AAAA', rest[3]].join('.') })).toBe('packet-damaged')
    for (const sealed of ['', 'a.b.c', '今天', `${head}.`]) expect(await opened({ ...golden.item, sealed })).toMatch(/packet-(malformed|damaged)/)
    // Whoever opened a packet cannot pass it on: the signature names the reader.
    const verification = await hold(golden.service.packet, 'ECDH-ES')
    const passed = await signAndSeal({ asks: 'requests' }, keys.signing, { ...reader, kid: 'another' })
    expect(await rule(openPacket(passed, { ...verification, kid: 'another' }, [open(golden.keys.sig)]))).toBe('none')
    expect(await rule(openPacket(passed, verification, [open(golden.keys.sig)]))).toBe('packet-recipient')
  }, SLOW)
})

describe('the key file', () => {
  it('opens with its passphrase only, and gives keys that cannot be taken out', async () => {
    const text = await makeKeyFile('public-security', PASSPHRASE)
    const keys = await openKeyFile(text, PASSPHRASE)
    expect(keys.department).toBe('public-security')
    expect([keys.signing.key.extractable, keys.encryption.key.extractable]).toEqual([false, false])
    for (const one of [keys.signing, keys.encryption]) expect(one.public).not.toHaveProperty('d')
    await expect(openKeyFile(text, `${PASSPHRASE}.`)).rejects.toEqual(new KeyFileFault('passphrase'))
    const file = JSON.parse(text) as { box: string }
    expect(Object.keys(JSON.parse(Buffer.from(file.box.split('.')[0]!, 'base64url').toString()) as object)).toContain('p2c')
    await expect(openKeyFile(text.replace('"public-security"', '"armed-forces"'), PASSPHRASE)).rejects.toEqual(new KeyFileFault('file'))
    for (const none of ['', '{}', '[]', 'PK\u0003', JSON.stringify({ kind: 'muster-department-key', department: 'x' })]) await expect(openKeyFile(none, PASSPHRASE)).rejects.toEqual(new KeyFileFault('file'))
    await expect(openKeyFile(text.replace(file.box, 'a.b.c.d.e'), PASSPHRASE)).rejects.toEqual(new KeyFileFault('passphrase'))
  }, SLOW)

  it('signs what access asks for', async () => {
    const keys = await openKeyFile(await makeKeyFile('public-security', PASSPHRASE), PASSPHRASE)
    const [head, body] = (await enrolment(keys, 'CODE')).split('.').map((part) => Buffer.from(part, 'base64url').toString())
    expect([JSON.parse(head!), body]).toEqual([{ alg: 'ES256', kid: keys.signing.kid, typ: 'muster-enrolment' }, 'CODE'])
    expect(await rule(openPacket(await sign('x', keys.signing, 'muster-packet'), keys.encryption, []))).toBe('packet-malformed')
    expect(encode('户')).toHaveLength(3)
  }, SLOW)
})

/** What the service answers by path; gives what it was asked. */
function answers(said: Record<string, (body: never) => unknown>) {
  const bodies: { line: string; body: unknown }[] = []
  service.said = (path, body) => {
    bodies.push({ line: path, body })
    const made = said[path]!(body as never)
    if (made instanceof Error) throw made
    return made
  }
  return bodies
}
const KEYS = { '/public-keys': () => ({ service: 'verification', packet: [reader], sign: signers }) }

describe('requests', () => {
  it('are loaded page by page; what does not open is counted and left out', async () => {
    const keys = await holding()
    const bodies = answers({
      ...KEYS,
      '/departments/requests': (body: { after: string | null }) => ({ department: golden.department, open: 2, items: body.after ? [{ ...golden.item, version: 9, event_id: golden.item.case_id }] : [golden.item], next: body.after ? null : 'there' }),
    })
    const heard: number[] = []
    const found = await load(keys, (n) => heard.push(n), new AbortController().signal)
    expect(found.requests.map((one) => one.id)).toEqual([golden.item.event_id])
    expect(found.bad).toEqual(['packet-context'])
    expect(heard).toEqual([1, 1])
    expect(bodies.map((one) => (one.body as { after?: string } | undefined)?.after)).toEqual([undefined, null, 'there'])
  })

  it('of another department than the key\'s are not taken', async () => {
    answers({ ...KEYS, '/departments/requests': () => ({ department: 'armed-forces', open: 0, items: [], next: null }) })
    expect(await rule(load(await holding(), () => undefined, new AbortController().signal))).toBe('packet-recipient')
  })

  it('are answered in what goes again unchanged when no answer came', async () => {
    const keys = await holding()
    const asked = await openRequest(keys, signers, golden.item)
    const kept: Kept = new Map()
    const told: string[] = []
    let away = true
    const bodies = answers({
      ...KEYS,
      '/departments/answers': (body: { items: { event_id: string }[] }) => (away ? new TypeError('away') : { items: body.items.map((one) => ({ event_id: one.event_id, state: 'taken' })) }),
    })
    const post = (filled: Filled) => send(keys, [[asked, filled]], kept, (outcomes) => outcomes.forEach((one) => told.push(one.state)))
    await expect(post(FILLED)).rejects.toThrow()
    await expect(post(FILLED)).rejects.toThrow()
    away = false
    await post(FILLED)
    const sent = bodies.filter((one) => one.line.endsWith('answers')).map((one) => JSON.stringify(one.body))
    expect(new Set(sent).size).toBe(1)
    expect(told).toEqual(['taken'])
    await post({ ...FILLED, remark: '' })
    expect(JSON.stringify(bodies.at(-1)!.body)).not.toBe(sent[0])
  })
})

describe('extracts', () => {
  it('are asked for with the department\'s own signature, and those of another are never taken', async () => {
    const bodies = answers({ ...KEYS, '/extracts/own': () => ({ items: [{ extract_id: 'a', department: golden.department }, { extract_id: 'b', department: 'armed-forces' }] }) })
    const found = await ownExtracts(await holding(), new AbortController().signal)
    expect(found.map((one) => one.extract_id)).toEqual(['a'])
    const { packet } = bodies.at(-1)!.body as { packet: string }
    const crosscheck = await hold(golden.service.packet, 'ECDH-ES')
    expect(await openPacket(packet, crosscheck, [open(golden.keys.sig)])).toEqual({ asks: 'extracts' })
    expect(await rule(openPacket(packet, crosscheck, []))).toBe('packet-key-unknown')
  })
})

describe('the invented county', () => {
  it('enrols a browser, asks it in packets that open, and counts what it answers', async () => {
    const department = { id: golden.department, zh: '公安', en: 'Public security', mode: 'sealed', tasks: ['review', 'compare'], fields: ['name', 'sex'], identified_by: ['name', 'resident_number'] }
    const review = { submitted: 9, verified: 30, returned: 2 }
    const held = {
      profile: { departments: [department, { ...department, id: 'housing', tasks: ['compare'] }] },
      villages: [{ code: 'here' }],
      within: () => true,
      side: () => ({ review }),
      record: () => ({ name: '某人', resident_number: 'x'.repeat(18), phone: 'no' }),
    }
    let id = 0
    const county = departments({ uuid: () => `id-${(id += 1)}`, roll: () => 0, ago: () => '2018-11-02T00:00:00.000Z' }, held, '632321')
    const ask = async (method: string, path: string, body?: unknown) => {
      const [status, said] = (await county(method, path, new URLSearchParams({ state: 'answered' }), body))!
      if (status >= 400) throw new BadPacket((said as { reasons: { rule: string }[] }).reasons[0]!.rule)
      return said
    }
    let asked = 'verification'
    service.said = (path, body) => ask(body === undefined ? 'GET' : 'POST', `/${asked}${path}`, body)
    const crosscheck = async <T>(work: () => Promise<T>) => {
      asked = 'crosscheck'
      return work().finally(() => (asked = 'verification'))
    }
    const supplied = async () => ownExtracts(await holding(), new AbortController().signal)
    const keys = await holding()
    const all = () => load(keys, () => undefined, new AbortController().signal)
    const enrol = (code: string) => ask('POST', '/access/departments', { code, keys: [keys.signing.public, keys.encryption.public], proof: '' })
    expect(await rule(all())).toBe('packet-key-unknown')
    expect(await rule(enrol('MOCK-LAND'))).toBe('enrolment-code')
    expect(await rule(crosscheck(supplied))).toBe('packet-key-unknown')
    expect(await enrol('mock-public-security')).toMatchObject({ department: golden.department, version: 2, revoked_at: null })
    expect(new Set((await crosscheck(supplied)).map((one) => one.department))).toEqual(new Set([golden.department]))
    const found = await all()
    expect([found.requests.length, found.bad]).toEqual([3, []])
    expect(found.requests[0]).toMatchObject({ asked: ['name', 'sex'], fields: { name: '某人' } })
    expect(found.requests[0]!.fields).not.toHaveProperty('phone')
    const told: string[] = []
    const post = (filled: Filled) => send(keys, [[found.requests[0]!, filled]], new Map(), (outcomes) => outcomes.forEach((one) => told.push(one.state)))
    await post({ ...FILLED, verdicts: { name: 'match', sex: 'mismatch' } })
    await post(FILLED)
    expect(told).toEqual(['taken', 'before'])
    expect((await all()).requests.map((one) => one.id)).toEqual(found.requests.slice(1).map((one) => one.id))
    const counted = (await ask('GET', '/verification/requests')) as { departments: unknown[] }
    expect(counted.departments).toMatchObject([{ count: 39, contradict: 2, cannot_tell: 0, enrolled: true }])
    await ask('POST', '/access/departments/public-security/revoke', {})
    expect(await rule(all())).toBe('packet-key-unknown')
  })
})

const words = (language: 'zh' | 'en'): Words => {
  const said = { zh: ['一致', '不一致', '查无此人', '查无档案', '无法认定'], en: ['Match', 'Mismatch', 'No such person', 'No file', 'Undecided'] }
  const known = VERDICTS.flatMap((one, at) => [one as string, said.zh[at]!, said.en[at]!].map((word) => [word.toLowerCase(), one] as const))
  return {
    sheet: '校核请求',
    headings: ['序号', '姓名', '号码', '生日', '事项', '内容', '结论', '备注', '编号'],
    field: (id) => `field ${id}`,
    value: (_, value) => String(value ?? ''),
    verdict: (one) => said[language][VERDICTS.indexOf(one)]!,
    known: new Map(known),
    errorTitle: '结论',
    error: '请选择',
  }
}
const HOSTILE = ['=HYPERLINK("http://x","y")', '+1+1', '-2', '@SUM(A1)', '<b>&"\'', '\u0001\tx ', '_x0041_', '']
const many: Asked[] = HOSTILE.map((name, at) => ({
  id: `${at}`.padStart(8, '0') + '-0000-4000-8000-000000000000',
  caseId: 'case',
  version: 1,
  fields: { name, resident_number: `${at}`, birth_date: '1961-03', sex: name },
  asked: ['name', 'sex'],
  askedAt: '2018-11-02T00:00:00Z',
}))
const rowsIn = async (bytes: Uint8Array) => (await readXlsx(bytes)).sheets[0]!.rows as unknown[][]
/** The workbook as somebody saved it after a change. */
const saved = async (change: (rows: unknown[][]) => unknown) => {
  const rows = await rowsIn(await write(many, words('zh')))
  // A spreadsheet program writes what looks like a sign's number as a text of its own.
  const literal = (cell: unknown) => (typeof cell === 'string' ? cell.replace('_x0041_', '_x005F_x0041_') : cell)
  return writeXlsx({ sheets: [{ name: 'a', rows: ((change(rows) as unknown[][] | undefined) ?? rows).map((row) => row.map(literal)) as never }] })
}

describe('the workbook', () => {
  it('holds text only, with a list of verdicts, and gives back what was filled in, in either language', async () => {
    const filled = new Map(many.map((one) => [one.id, { verdicts: { name: 'match', sex: 'no_file' }, remark: '备注' } as Filled]))
    for (const language of ['zh', 'en'] as const) {
      const bytes = await write(many, words(language), filled)
      const book = await readXlsx(bytes)
      expect(book.sheets[0]!.dataValidations).toMatchObject([{ type: 'list', range: 'G2:G17', values: VERDICTS.map((one) => words(language).verdict(one)) }])
      expect(book.sheets[0]!.rows.flat().every((cell) => cell === null || typeof cell === 'string')).toBe(true)
      expect((await rowsIn(bytes))[1]![1]).toBe(HOSTILE[0])
      const back = await read(bytes, many, words('zh'))
      expect(back.faults).toEqual([])
      expect(back.filled).toEqual(filled)
    }
    const cells = new TextDecoder('latin1').decode(await write(many, words('zh')))
    expect(cells).not.toContain('<f>')
  })

  it('leaves open what was not touched, whatever its order', async () => {
    const back = await read(await saved((rows) => [rows[0]!, ...rows.slice(1).reverse()]), many, words('zh'))
    expect([back.faults, back.filled.size]).toEqual([[], 0])
  })

  it('names each cell that is not taken, and takes the rest', async () => {
    const bytes = await saved((rows) => {
      rows.slice(1).forEach((row) => (row[6] = '一致'))
      rows[1]![6] = '差不多'
      rows[3]![1] = '别人'
      rows[6]![6] = ''
      rows[7]![8] = 'x'
      rows[10]![7] = '长'.repeat(501)
      rows.push([...rows[11]!])
    })
    const back = await read(bytes, many, words('zh'))
    const by = Object.fromEntries(back.faults.map((one) => [one.cell, one.rule]))
    expect(by).toEqual({ G2: 'verdict', B4: 'changed', G7: 'missing', I8: 'unknown', A1: 'missing', H11: 'remark', I18: 'twice' })
    expect([...back.filled.keys()]).toEqual([many[6]!.id, many[7]!.id])
    expect(complete(many[6]!, back.filled.get(many[6]!.id))).toBe(true)
    expect(complete(many[0]!, undefined)).toBe(false)
  })

  it('that is another file is said to be one', async () => {
    await expect(read(encode('PK no workbook'), many, words('zh'))).rejects.toBeInstanceOf(NoWorkbook)
    const back = await read(await writeXlsx({ sheets: [{ name: 'a', rows: [['x']] }] }), many, words('zh'))
    expect(back).toEqual({ filled: new Map(), faults: [{ cell: 'A1', rule: 'heading' }] })
  })

  it('of a row that lost a verdict says at which cell, also where the row is gone', async () => {
    const back = await read(await saved((rows) => ((rows[1]![6] = '一致'), rows.filter((_, at) => at !== 2))), many, words('zh'))
    expect(back.faults).toEqual([{ cell: 'A1', rule: 'missing' }])
    expect(back.filled.size).toBe(0)
    expect(await sealPart({}, (await holding()).signing, reader, {})).toContain('.')
  })
})
