// What the invented county says about its departments, and what it asks their officers: in packets as the
// services make them, so that the page that opens them is the real one. The code that enrols a department
// is MOCK- and its id. Made up when it is first asked for, kept in memory while the server runs.
import { calculateJwkThumbprint, compactDecrypt, CompactEncrypt, CompactSign, compactVerify, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK } from 'jose'

const HEADER = { alg: 'ECDH-ES', enc: 'A256GCM', typ: 'muster-packet', cty: 'JOSE' }
const CONTRADICT = ['mismatch', 'no_such_person']
const DAY = 86_400
const MALFORMED = { rule: 'packet-malformed', zh: '上传包格式不正确', en: 'This is not an upload packet' }

const UNKNOWN = ['packet', 'packet-key-unknown', '上传包的签名密钥未登记,请使用已授权的专用电脑', "The packet's signing key is not enrolled; use an authorised terminal"]

const refuse = (field, rule, zh, en) => [422, { type: 'urn:muster:problem:invalid', status: 422, reasons: [{ field, rule, zh, en }], trace_id: null }]
const text = (bytes) => new TextDecoder().decode(bytes)
const bytes = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

async function newKey(use) {
  const pair = await generateKeyPair(use === 'sig' ? 'ES256' : 'ECDH-ES', { crv: 'P-256', extractable: true })
  const jwk = await exportJWK(pair.publicKey)
  return { key: pair.privateKey, public: { ...jwk, use, kid: await calculateJwkThumbprint(jwk) } }
}

/** `tools` are the dice of the county, `held` the county itself. */
export function departments({ uuid, roll, ago }, held, COUNTY) {
  const all = held.profile.departments
  const reviewing = all.filter((one) => one.tasks.includes('review'))
  const enrolled = all.map((one) => ({ department: one.id, area: COUNTY, label: one.zh, version: 1, enrolled_at: ago(39 * DAY), revoked_at: null }))
  /** Keys that a browser enrolled, signing first, by department. */
  const keys = new Map()
  const outcomes = new Map()
  let own = null
  const ownKeys = () => (own ??= Promise.all([newKey('enc'), newKey('sig')]))

  let made = null
  /** What departments are asked, the oldest first. */
  function requests() {
    made ??= reviewing.flatMap((department, at) =>
      held.villages.flatMap(({ code }) =>
        Array.from({ length: Math.floor(held.side(code).review.submitted / (3 + at)) }, () => ({
          department, village: code, event_id: uuid(), case_id: uuid(), version: 1 + roll(2), asked_at: ago(900 + roll((2 + 4 * at) * DAY)), mandatory: roll(12) > 0, said: null,
        })),
      ),
    ).sort((a, b) => a.asked_at.localeCompare(b.asked_at))
    return made
  }

  function counts(department, area, state) {
    const mine = requests().filter((one) => one.department === department && held.within(one.village, area))
    const count = { department: department.id, zh: department.zh, en: department.en, enrolled: enrolled.some((one) => one.department === department.id && !one.revoked_at) }
    const ages = { under_day: 0, under_week: 0, older: 0 }
    if (state === 'open') {
      const open = mine.filter((one) => !one.said)
      const seconds = open.map((one) => Math.floor((Date.now() - Date.parse(one.asked_at)) / 1000))
      for (const each of seconds) ages[each < DAY ? 'under_day' : each < 7 * DAY ? 'under_week' : 'older'] += 1
      return { ...count, count: open.length, mandatory: open.filter((one) => one.mandatory).length, longest_seconds: seconds[0] ?? 0, ages, contradict: 0, cannot_tell: 0, last_at: null }
    }
    const said = mine.filter((one) => one.said)
    const { review } = held.side(area)
    const before = review.submitted + review.verified + review.returned - mine.length
    const sum = before + said.length
    const last = said.length ? ago(0) : ago(5_400)
    return {
      ...count, count: sum, mandatory: sum - Math.floor(sum / 12), longest_seconds: sum ? 3 * DAY : 0, ages: { ...ages, under_week: sum },
      contradict: Math.floor(before / 23) + said.filter((one) => one.said.contradict).length, cannot_tell: Math.floor(before / 61) + said.filter((one) => one.said.cannot_tell).length, last_at: sum ? last : null,
    }
  }

  const WRONG = { rule: 'rows-differ', zh: '数据行数与清单不一致。', en: 'There are not as many rows as the manifest says.' }
  const extract = (days, state, rows, more = {}) => ({ days, state, rows, parts: Math.ceil(rows / 500), rows_here: 0, parts_here: 0, rule: null, zh: null, en: null, ...more })
  const SUPPLIED = {
    'armed-forces': [extract(6, 'current', 2_418), extract(2, 'refused', 2_431, WRONG)],
    housing: [extract(9, 'current', 5_107), extract(11, 'outdated', 5_090)],
    'human-resources': [extract(12, 'current', 3_266), extract(0, 'arriving', 3_302, { rows_here: 1_500, parts_here: 3 })],
    land: [extract(0, 'arriving', null, { parts: null, rows_here: 500, parts_here: 1 })],
    'public-security': [extract(3, 'current', 15_840), extract(10, 'replaced', 15_792), extract(17, 'replaced', 15_688)],
  }
  const extracts = all
    .filter((one) => one.tasks.includes('compare') && SUPPLIED[one.id])
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((one) =>
      SUPPLIED[one.id].map(({ days, ...more }) => {
        const age = days * DAY + 7_000
        return { extract_id: uuid(), department: one.id, mode: one.mode, made_at: ago(age), ...more, first_seen_at: ago(age - 60), settled_at: more.state === 'arriving' ? null : ago(age - 240) }
      }),
    )

  /** What a request carries: who is asked about, and the values that want a verdict. */
  function part(request) {
    const { department, case_id, version, asked_at } = request
    const fields = held.record('discharged_soldier', request.village)
    // What fits the number: born then, a soldier from 18 to 22.
    const number = fields.resident_number
    const year = number.slice(6, 10)
    Object.assign(fields, { birth_date: [year, number.slice(10, 12), number.slice(12, 14)].join('-'), sex: Number(number[16]) % 2 ? '1' : '2', enlisted_on: `${Number(year) + 18}-12`, discharged_on: `${Number(year) + 22}-11` })
    const asked = department.fields.filter((name) => ![undefined, ''].includes(fields[name]))
    const wanted = new Set([...department.identified_by, 'birth_date', ...asked])
    return { case_id, version, fields: Object.fromEntries(Object.entries(fields).filter(([name]) => wanted.has(name))), asked, asked_at }
  }

  async function seal(request) {
    const { event_id, case_id, version } = request
    const [reader, [, signing]] = [keys.get(request.department.id)[1], await ownKeys()]
    const context = { topic: `verification-requested-${request.department.id}`, consumer: `connector-${request.department.id}`, event: event_id, type: 'muster.verification.requested.v1', subject: case_id, version }
    const inner = { to: reader.kid, iat: Math.floor(Date.now() / 1000), payload: { context, part: (request.part ??= part(request)) } }
    const signed = await new CompactSign(bytes(inner)).setProtectedHeader({ alg: 'ES256', kid: signing.public.kid, typ: HEADER.typ }).sign(signing.key)
    const sealed = await new CompactEncrypt(bytes(signed)).setProtectedHeader({ ...HEADER, kid: reader.kid }).encrypt(await importJWK(reader, HEADER.alg))
    return { event_id, case_id, version, sealed }
  }

  /** What a department sealed to verification, and which; without one, no key that is known signed it.
   * Null for what is no packet. */
  async function open(packet) {
    const [reader] = await ownKeys()
    const signed = await compactDecrypt(packet, reader.key).then((opened) => text(opened.plaintext), () => null)
    if (signed === null) return null
    const { kid } = decodeProtectedHeader(signed)
    const [department, [signing] = []] = [...keys].find(([, [one]]) => one.kid === kid) ?? []
    if (!department) return {}
    return { department, ...JSON.parse(text((await compactVerify(signed, await importJWK(signing, 'ES256'))).payload)) }
  }

  async function hand(body) {
    const found = await open(body.packet)
    if (!found) return refuse('packet', ...Object.values(MALFORMED))
    const { department } = found
    if (!department) return refuse(...UNKNOWN)
    const waiting = requests().filter((one) => one.department.id === department && !one.said)
    const from = waiting.findIndex((one) => one.event_id === body.after) + 1
    const some = waiting.slice(from, from + (body.limit ?? 200))
    return [200, { department, open: waiting.length, items: await Promise.all(some.map(seal)), next: from + some.length < waiting.length ? some.at(-1).event_id : null }]
  }

  async function supplied(body) {
    const found = await open(body.packet)
    if (!found) return refuse('packet', ...Object.values(MALFORMED))
    return found.department ? [200, { items: extracts.filter((one) => one.department === found.department) }] : refuse(...UNKNOWN)
  }

  async function take(department, item) {
    const outcome = (state, more = {}) => ({ event_id: item.event_id, state, rule: null, zh: null, en: null, ...more })
    if (outcomes.has(item.event_id)) return outcomes.get(item.event_id)
    const found = await open(item.sealed)
    if (!found) return outcome('refused', MALFORMED)
    if (found.department !== department) return outcome('later')
    const { request, verdicts } = found.payload.part
    const asked = requests().find((one) => one.event_id === request && one.department.id === department)
    if (!asked) return outcome('refused', { rule: 'request-unknown', zh: '没有向该部门发出过这一校核请求。', en: 'No such request was sent to this department.' })
    const state = asked.said ? 'before' : 'taken'
    const given = Object.values(verdicts)
    asked.said ??= { contradict: given.some((one) => CONTRADICT.includes(one)), cannot_tell: given.every((one) => ['no_file', 'undecided'].includes(one)) }
    outcomes.set(item.event_id, outcome(state))
    return outcome(state)
  }

  function enrol(body) {
    const found = enrolled.find((one) => `MOCK-${one.department}`.toUpperCase() === body.code.toUpperCase())
    if (!found) return refuse('code', 'enrolment-code', '登记码不正确、已使用或已过期，请向管理员索取新的登记码。', 'The code is wrong, used or expired; ask the administrator for a new one.')
    keys.set(found.department, body.keys)
    return [201, Object.assign(found, { version: found.version + 1, enrolled_at: ago(0), revoked_at: null })]
  }

  function revoke(id) {
    const found = enrolled.find((one) => one.department === id)
    if (!found) return undefined
    keys.delete(id)
    return [200, Object.assign(found, { revoked_at: ago(0) })]
  }

  /** What is answered about departments, at once or in time; undefined for what is none of it. */
  return (method, path, query, body) => {
    if (path === '/verification/requests') {
      const state = query.get('state') ?? 'open'
      const named = reviewing.filter((one) => (query.get('department') ?? one.id) === one.id)
      return [200, { as_of: ago(0), state, departments: named.map((one) => counts(one, query.get('area') ?? COUNTY, state)) }]
    }
    if (path === '/crosscheck/extracts') return [200, { items: extracts }]
    if (path === '/crosscheck/extracts/own') return supplied(body)
    const service = /^\/(verification|crosscheck)\/public-keys$/.exec(path)?.[1]
    if (service) return ownKeys().then(([packet, sign]) => [200, { service, packet: [packet.public], sign: [sign.public] }])
    if (path === '/verification/departments/requests') return hand(body)
    if (path === '/verification/departments/answers') return Promise.all(body.items.map((item) => take(body.department, item))).then((items) => [200, { items }])
    if (path === '/access/departments') return method === 'POST' ? enrol(body) : [200, { departments: enrolled }]
    const [, id] = /^\/access\/departments\/([^/]+)\/revoke$/.exec(path) ?? []
    return id ? revoke(id) : undefined
  }
}
