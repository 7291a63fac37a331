// An invented county behind /api, to draw pages against without a stack: `npm run mock`. Words and
// areas are those of the profile itself; figures and people are made up from a seed.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { departments } from './departments.mjs'
import { desk, gateway, read } from './desk.mjs'
import { office } from './office.mjs'
import { review } from './review.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const COUNTY = '632321'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const SCRIPT = `
import json
from muster.forms.profile import Profile
p = Profile.load("tongren")
print(json.dumps({"profile": p.as_json(), "areas": [
    {"code": a.code, "parent": a.parent, "level": a.level.value, "name": a.name} for a in p.area_tree()]}))
`

/** Numbers that come again with the same seed. */
function dice(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const roll = dice(7)
const pick = (list) => list[roll(list.length)]
const uuid = () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => roll(16).toString(16))
const digest = () => `sha256:${Array.from({ length: 64 }, () => roll(16).toString(16)).join('')}`
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString()

function number() {
  const body = `${COUNTY}${1930 + roll(60)}${String(1 + roll(12)).padStart(2, '0')}${String(1 + roll(28)).padStart(2, '0')}${String(roll(999)).padStart(3, '0')}`
  const sum = [...body].reduce((all, digit, at) => all + Number(digit) * (2 ** (17 - at) % 11), 0)
  return body + '10X98765432'[sum % 11]
}

const ORIGINS = ['baseline', 'roster', 'new', 'discovered', 'moved_in']
const ENDINGS = ['declined', 'moved_out', 'dead_before', 'dead_after', 'merged', 'ineligible']
const KINDS = ['field_mismatch', 'missing_field', 'missed_subject', 'duplicate', 'moved', 'dead']
const SURNAMES = ['扎西', '卓玛', '王', '李', '才让', '马']
const GIVEN = ['建国', '秀英', '多杰', '德吉', '志强', '明']
const AGES = ['under_7_days', 'from_7_to_30_days', 'over_30_days']

function make(broken) {
  const { profile, areas } = JSON.parse(execFileSync(`${root}/.venv/bin/python`, ['-c', SCRIPT], { maxBuffer: 1 << 26 }))
  const parent = new Map(areas.map((area) => [area.code, area.parent]))
  const within = (code, above) => code === above || (parent.get(code) ? within(parent.get(code), above) : false)
  // MOCK_VILLAGES=15000: so many villages more, to see how pages bear them; directly below the county, or
  // with MOCK_TOWNSHIP=75 below further townships, so many in each.
  const many = Number(process.env.MOCK_VILLAGES ?? 0)
  const each = Number(process.env.MOCK_TOWNSHIP ?? 0)
  const add = (area) => (areas.push(area), parent.set(area.code, area.parent))
  for (let at = 0; at < many; at += 1) {
    const town = each ? `${COUNTY}8${String(Math.floor(at / each)).padStart(5, '0')}` : COUNTY
    if (!parent.has(town)) add({ code: town, parent: COUNTY, level: 'township', name: `第${at / each + 1}镇` })
    add({ code: `${COUNTY}9${String(at).padStart(5, '0')}`, parent: town, level: 'village', name: `第${at + 1}村` })
  }
  const below = new Map(areas.map((area) => [area.code, []]))
  for (const area of areas) below.get(area.parent)?.push(area)
  const children = (code) => below.get(code) ?? []
  const villages = areas.filter((area) => area.level === 'village')

  const counts = new Map(
    villages.map((village) => {
      const size = roll(5) === 0 ? roll(15) : 60 + roll(180)
      const origins = { baseline: size, roster: roll(4), new: roll(6), discovered: roll(3), moved_in: roll(2) }
      const all = Object.values(origins).reduce((a, b) => a + b, 0)
      const ended = Object.fromEntries(ENDINGS.map((name) => [name, roll(3)]))
      let left = Math.max(0, all - Object.values(ended).reduce((a, b) => a + b, 0))
      const open = Math.min(left, roll(4) === 0 ? roll(70) : roll(12))
      left -= open
      const returned = Math.min(left, roll(5))
      const submitted = Math.min(left - returned, roll(30))
      const review = { submitted, returned, verified: left - returned - submitted }
      if (broken) review.verified += village === villages[0] ? 3 : 0
      const fixed = all - (open + left + Object.values(ended).reduce((a, b) => a + b, 0))
      const problems = Object.fromEntries(
        KINDS.map((kind) => {
          const ages = Object.fromEntries(AGES.map((age) => [age, roll(3) === 0 ? roll(3) : 0]))
          return [kind, { ages, open: Object.values(ages).reduce((a, b) => a + b, 0), closed: roll(4) }]
        }),
      )
      return [village.code, { origins: { ...origins, baseline: origins.baseline - fixed }, states: { open, collected: left, ...ended }, review, problems }]
    }),
  )

  const byCode = new Map(areas.map((one) => [one.code, one]))
  const area = (code) => byCode.get(code)
  const holds = new Map()
  for (const [village, held] of counts) {
    for (let code = village; code; code = parent.get(code)) {
      if (!holds.has(code)) holds.set(code, [])
      holds.get(code).push(held)
    }
  }
  const sum = (code, read) => (holds.get(code) ?? []).reduce((all, held) => all + read(held), 0)
  const side = (code) => {
    const origins = Object.fromEntries(ORIGINS.map((name) => [name, sum(code, (held) => held.origins[name])]))
    const states = Object.fromEntries(['open', 'collected', ...ENDINGS].map((name) => [name, sum(code, (held) => held.states[name])]))
    const review = Object.fromEntries(['submitted', 'returned', 'verified'].map((name) => [name, sum(code, (held) => held.review[name])]))
    return { name: area(code).name, level: area(code).level, origins, states, review, balanced: !broken }
  }
  const problems = (code) => {
    const kinds = Object.fromEntries(
      KINDS.map((kind) => {
        const ages = Object.fromEntries(AGES.map((age) => [age, sum(code, (held) => held.problems[kind].ages[age])]))
        return [kind, { ages, open: sum(code, (held) => held.problems[kind].open), closed: sum(code, (held) => held.problems[kind].closed) }]
      }),
    )
    const ages = Object.fromEntries(AGES.map((age) => [age, KINDS.reduce((all, kind) => all + kinds[kind].ages[age], 0)]))
    return {
      name: area(code).name,
      level: area(code).level,
      kinds,
      ages,
      open: KINDS.reduce((all, kind) => all + kinds[kind].open, 0),
      closed: KINDS.reduce((all, kind) => all + kinds[kind].closed, 0),
    }
  }
  const late = areas.filter((one) => one.level === 'township').filter((_, at) => at % 4 === 1).map((one) => one.code)
  const progress = (code) => {
    const held = side(code)
    const expected = Object.values(held.origins).reduce((a, b) => a + b, 0)
    return {
      name: held.name,
      level: held.level,
      expected,
      collected: held.states.collected,
      ...held.review,
      open: held.states.open,
      endings: Object.fromEntries(ENDINGS.map((name) => [name, held.states[name]])),
      coverage: expected ? 1 - held.states.open / expected : null,
      verified_ratio: 0.5,
      last_upload: roll(6) ? ago(roll(9) * 86400) : null,
      accepted: 400,
      refused: 3,
      overdue: late.filter((unit) => within(unit, code)),
      problems_open: problems(code).open,
    }
  }

  const waiting = (code) => {
    const held = side(code)
    const spread = (all) => ({ up_to_7_days: all - Math.floor(all / 3) - Math.floor(all / 7), from_8_to_14_days: Math.floor(all / 3), over_14_days: Math.floor(all / 7), unknown: 0 })
    const units = held.level === 'village' ? 0 : areas.filter((one) => one.level === 'township' && within(one.code, code)).length
    return { name: held.name, level: held.level, submitted: spread(held.review.submitted), returned: spread(held.review.returned), units: spread(units), reviewed: held.review.verified + held.review.returned, returned_once: held.review.returned + Math.floor(held.review.verified / 9), flagged: { submitted: Math.floor(held.review.submitted / 9), returned: 0, verified: Math.floor(held.review.verified / 40) }, accepted: 400, refused: 3 }
  }
  const history = (code, from, to) => {
    const held = side(code)
    const expected = Object.values(held.origins).reduce((a, b) => a + b, 0)
    const ended = ENDINGS.reduce((all, name) => all + held.states[name], 0)
    const last = Date.parse(to ?? ago(0).slice(0, 10))
    const open = problems(code).open
    const length = Math.round((last - Date.parse(from ?? ago(59 * 86_400).slice(0, 10))) / 86_400_000) + 1
    return Array.from({ length }, (_, at) => {
      const back = length - 1 - at
      const share = Math.exp(-back / 25)
      const verified = Math.floor(held.review.verified * share)
      const submitted = Math.floor(held.review.submitted * share)
      const returned = Math.floor(held.review.returned * share)
      return { day: new Date(last - back * 86_400_000).toISOString().slice(0, 10), at: ago(back * 86_400), expected, verified, submitted, returned, ended, open: expected - ended - verified - submitted - returned, problems: Math.floor(open * (1.5 - share)) }
    })
  }

  /** The values of somebody of this category, in this village. */
  const record = (category, village) => {
    const fields = {}
    for (const field of profile.fields) {
      if (!field.categories.includes(category) || (!field.required.includes(category) && roll(3) === 0)) continue
      if (field.id === 'name') fields.name = pick(SURNAMES) + pick(GIVEN)
      else if (field.type === 'resident_number') fields[field.id] = number()
      else if (field.type === 'date') fields[field.id] = `19${50 + roll(40)}-0${1 + roll(9)}-1${roll(9)}`
      else if (field.type === 'partial_date') fields[field.id] = `19${69 + roll(20)}${roll(2) ? '-12' : ''}`
      else if (field.type === 'code' || field.type === 'choice') fields[field.id] = pick(field.options)?.id
      else if (field.type === 'choices') fields[field.id] = [field.options[0].id]
      else if (field.type === 'area') fields[field.id] = village
      else if (field.type === 'phone') fields[field.id] = `139${10000000 + roll(89999999)}`
      else if (field.type === 'boolean') fields[field.id] = Boolean(roll(2))
      else if (field.type === 'integer') fields[field.id] = roll(20)
      else if (field.type === 'decimal') fields[field.id] = '1200.00'
      else if (field.id === 'former_name') continue
      else if (field.id === 'service_number') fields[field.id] = '军字第0000号'
      else fields[field.id] = field.id.includes('address') ? '青海省同仁县隆务镇热贡路36号' : '第二十一集团军某部'
    }
    return fields
  }
  const waits = (at, answers) => ({
    subject_id: uuid(),
    version: 1 + roll(3),
    village: pick(villages).code,
    desk: roll(4) ? 'civil_affairs' : 'human_resources',
    received_at: ago(Math.max(1, 37 - at) * 26_000),
    age_seconds: Math.max(1, 37 - at) * 26_000,
    returned: roll(4) === 0 ? 1 + roll(2) : 0,
    own: at === 4,
    passed: at === 2,
    answers: answers ?? (at === 0 ? 'contradict' : pick(['agree', 'waiting', 'agree', 'cannot_tell', 'contradict'])),
    flagged: at === 0 || roll(6) === 0,
    looking: at === 3 ? { own: false, since: ago(240), until: ago(-180) } : null,
  })
  const items = Array.from({ length: 37 }, (_, at) => waits(at))
  const cards = new Map()
  const item = (id) => {
    if (cards.has(id)) return cards.get(id)
    const waiting = items.find((one) => one.subject_id === id)
    if (!waiting) return null
    const categories = ['discharged_soldier']
    const fields = record(categories[0], waiting.village)
    const baseline = Object.fromEntries(Object.entries(fields).filter((_, at) => at % 3 !== 2))
    const differs = []
    for (const name of ['household_address', 'residence_address', 'unit', 'enlisted_on', 'name']) {
      if (typeof baseline[name] === 'string' && differs.length < 3) {
        baseline[name] = name.endsWith('on') ? '1971-12' : baseline[name].replace('热贡路36号', '热贡街63号').replace('二十一', '二十') .replace('扎西', '札西')
        if (baseline[name] !== fields[name]) differs.push(name)
      }
    }
    const asks = profile.departments.filter((one) => one.tasks.includes('review'))
    const departments = asks.map((one, at) => {
      const asked = profile.fields.filter((field) => field.departments.includes(one.id) && fields[field.id] !== undefined).map((field) => field.id)
      const answered = waiting.answers !== 'waiting' || at > 0
      const verdicts = answered ? Object.fromEntries(asked.map((name, place) => [name, waiting.answers === 'contradict' && at === 2 && place < 2 ? 'mismatch' : waiting.answers === 'cannot_tell' && at === 1 ? pick(['no_file', 'undecided']) : 'match'])) : null
      return {
        request: uuid(), department: one.id, zh: one.zh, en: one.en, mandatory: at !== 1, asked, asked_at: ago(90_000),
        waiting_since: answered ? null : ago(90_000), received_at: answered ? ago(40_000) : null, verdicts,
        remark: waiting.answers === 'contradict' && at === 2 ? '档案登记入伍部队番号不同' : '',
        contradicts: waiting.answers === 'contradict' && at === 2, cannot_tell: waiting.answers === 'cannot_tell' && at === 1, overruled: null,
      }
    })
    const provenance = Object.fromEntries(Object.keys(fields).map((name, at) => [name, at < 6 ? 'chip' : baseline[name] === undefined ? 'typed' : differs.includes(name) ? 'typed' : 'baseline']))
    const said = Object.fromEntries(Object.entries(fields).filter(([name]) => provenance[name] === 'chip'))
    // Of some the collector typed over what the card says.
    const over = items.indexOf(waiting) % 3 === 0 && said.name !== undefined
    if (over) Object.assign(said, { name: `${fields.name.slice(0, -1)}甲` })
    if (over) provenance.name = 'typed'
    const answer = {
      subject_id: id, version: waiting.version, digest: digest(), state: 'submitted', desk: waiting.desk, village: waiting.village,
      received_at: waiting.received_at, reviewed_at: null, reviewer_id: null, passed: waiting.passed, reviewable: true, own: waiting.own,
      record_id: uuid(), record: { form_version: profile.form_version, categories, fields }, provenance,
      evidence: ['portrait', 'id_card', 'household_booklet', 'discharge_certificate'].map((kind) => ({ digest: digest(), kind, media_type: 'image/svg+xml' })),
      signature_kind: 'handwriting', signer: null, interpreter: null,
      attestation: waiting.flagged
        ? { reading: 'flagged', signature: 'attested', reasons: [{ code: 'reading-late', zh: '读卡：规定时限内没有收到采集端的对应记录', en: 'The card reading has no event of its terminal within the grace' }], reading_id: uuid(), reading_event: null, signature_id: uuid(), signature_event: uuid() }
        : { reading: 'attested', signature: 'attested', reasons: [], reading_id: uuid(), reading_event: uuid(), signature_id: uuid(), signature_event: uuid() },
      collector_id: uuid(), collected_at: ago(200_000), corrects_version: waiting.version > 1 ? waiting.version - 1 : null, completion: null,
      standing: [{ village: waiting.village, origin: 'baseline', state: 'collected' }],
      baseline: { version: 1, record: { form_version: profile.form_version, categories, fields: baseline }, differs }, card: { fields: said, differs: over ? ['name'] : [] }, answers: waiting.answers, departments, reasons: [],
      earlier: waiting.returned
        ? [{ version: waiting.version - 1 || 1, digest: digest(), state: 'returned', received_at: ago(900_000), reviewed_at: ago(800_000), reviewer_id: uuid(), attestation: null, reasons: [{ code: 'paper-unreadable', zh: '证明材料无法辨认', en: 'A paper cannot be read', field: 'evidence', text: '退伍证照片模糊' }], departments: [], changed: ['phone', 'residence_address'], completion: null }]
        : [],
    }
    cards.set(id, answer)
    return answer
  }

  const orders = Array.from({ length: 46 }, (_, at) => {
    const kind = pick(KINDS)
    const seconds = (46 - at) * 70_000
    const closed = at % 5 === 4
    return {
      discrepancy_id: uuid(), kind, subject_id: uuid(), field: kind.includes('field') ? pick(['name', 'household_address', 'enlisted_on', 'unit'].filter((name) => profile.fields.some((field) => field.id === name))) : null,
      department: kind === 'duplicate' ? null : pick(profile.departments.filter((one) => one.tasks.includes('compare'))).id, other: kind === 'duplicate' ? uuid() : null,
      village: pick(villages).code, state: closed ? 'closed' : 'open', comparable: at !== 7, revision: 1, first_opened_at: ago(seconds), opened_at: ago(seconds),
      closed_at: closed ? ago(3_000) : null,
      closed_by: closed ? { matched_at: ago(3_000), account: null, reason: null, record_version: 2, standing: null, revision: null, extract_id: null, other_record_version: null, other_standing: null, other_revision: null } : null,
      named_by: null, age_seconds: seconds, handled_in: null, questions: 0,
    }
  })
  // MOCK_WAITING=100000: so many wait for review; of those beyond the first 37 all departments agree.
  for (let at = 37; at < Number(process.env.MOCK_WAITING ?? 0); at += 1) items.push(waits(at, 'agree'))

  const tools = { villages: villages.filter((one) => one.code.startsWith('632321100')), profile, roll, pick, uuid, digest, number, ago }
  return { profile, areas, within, children, side, progress, problems, waiting, history, items, item, record, orders, villages, desk: desk(tools), gateway: gateway(tools) }
}

const WHO = {
  leader: [{ role: 'leader', area: COUNTY }],
  reviewer: [{ role: 'civil_affairs_reviewer', area: COUNTY }],
  township: [{ role: 'township_leader', area: '632321100' }],
  admin: [{ role: 'administrator', area: COUNTY }],
  collector: [{ role: 'collector', area: '632321100' }],
  officer: [{ role: 'department_officer', area: COUNTY }],
}

function svg(kind) {
  const tall = kind % 4 === 0
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${tall ? '300 400' : '420 300'}"><rect width="100%" height="100%" fill="#dfe7ee"/>${tall ? '<circle cx="150" cy="150" r="70" fill="#b9a58f"/><path d="M40 400c0-110 60-150 110-150s110 40 110 150z" fill="#55697d"/>' : '<rect x="20" y="20" width="380" height="260" rx="10" fill="#fff" stroke="#8aa"/><path d="M50 70h180M50 110h220M50 150h160M50 200h250" stroke="#567" stroke-width="10"/><rect x="290" y="60" width="80" height="100" fill="#c9d5df"/>'}</svg>`
}

/** The plugin: answers by the services' own shapes. `?as=` of the sign-in page says who comes. */
export function county() {
  let held = null
  let works = null
  let asked = null
  let who = process.env.MOCK_AS ?? 'leader'
  const mode = process.env.MOCK_MODE ?? ''

  /** Status and body, or a promise of both. */
  function answer(method, path, query, body) {
    held ??= make(mode === 'broken')
    works ??= office({ uuid, pick, roll, number, ago }, held, COUNTY)
    asked ??= departments({ uuid, roll, ago }, held, COUNTY)
    const now = new Date().toISOString()
    const area = query.get('area') ?? COUNTY
    const account = { account_id: '00000000-0000-4000-8000-000000000001', username: who, terminal_id: 'mock', grants: WHO[who].map((one) => ({ ...one, valid_from: ago(90 * 86_400), valid_until: null })), expires_at: new Date(Date.now() + 600_000).toISOString() }
    if (path === '/access/session') return method === 'DELETE' ? [204] : [200, account]
    if (path === '/access/session/renew') return [200, account]
    if (mode === 'down' && path.startsWith('/reporting')) return [503, { type: 'urn:muster:problem:unavailable', status: 503, reasons: [{ field: 'request', rule: 'store-away', zh: '数据库暂时不可用，未保存任何内容，请稍后重试。', en: 'The store is away for a moment; nothing was saved. Please try again.' }], trace_id: 'abc' }]
    const reviewed = review(held, method, path, body, account.account_id, query)
    if (reviewed) return reviewed
    if (path === '/capture/profile') return [200, held.profile]
    if (path === '/capture/areas') return [200, { root: COUNTY, granted: WHO[who].map((one) => one.area), areas: held.areas }]
    if (path === '/reporting/progress') {
      const below = Object.fromEntries(held.children(area).map((one) => [one.code, held.progress(one.code)]))
      return [200, { as_of: now, code: area, area: held.progress(area), areas: below, cadence: { days: 7, ...held.profile.cadence }, formulas: { coverage: { zh: '覆盖率 =（应采集人数 − 未处理人数）÷ 应采集人数；自愿放弃等已核实的情形计入已覆盖，不因此催逼当事人', en: 'coverage = (expected - open) / expected; who declined or otherwise ended is covered, so that the figure never presses anyone to register' }, overdue: { zh: '逾期 = 仍有未处理或被退回的对象，且距上次上传超过规定天数', en: 'overdue = someone is open or returned, and more days than the cadence allows have passed since the last upload' } } }]
    }
    if (path === '/reporting/problems') return [200, { as_of: now, code: area, area: held.problems(area), areas: Object.fromEntries(held.children(area).map((one) => [one.code, held.problems(one.code)])), ages: { zh: '时长自问题单下发起算：不足7天、7至30天（含）、超过30天', en: 'age counts from when the order was opened: under 7 days, 7 to 30 days (both included), over 30 days' } }]
    if (path === '/reporting/ledger') return [200, { as_of: now, level: 'county', areas: { [area]: held.side(area) }, total: held.side(area) }]
    if (path === '/reporting/waiting') {
      const formula = { zh: '待复核的时长自采集之时起算，已退回的自退回之时起算', en: 'what waits for review counts from when it was collected, what was returned from when it was returned' }
      return [200, { as_of: now, code: area, area: held.waiting(area), areas: Object.fromEntries(held.children(area).map((one) => [one.code, held.waiting(one.code)])), formulas: { waiting: formula, flagged: { zh: '存疑 = 读卡或签字未得到采集端印证的人数', en: 'flagged = people whose card reading or signature the terminal does not attest' }, returned: { zh: '退回率 = 至少被退回过一次的人数 ÷ 已经复核过的人数', en: 'returned rate = people whose record went back at least once / people who were reviewed' }, refused: { zh: '未通过率 = 上传时未通过检查的条数 ÷ 上传的条数', en: 'refused rate = entries that failed the checks at upload / entries uploaded' } } }]
    }
    if (path === '/reporting/history') {
      const days = held.history(area, query.get('from'), query.get('to'))
      return [200, { as_of: now, code: area, name: held.side(area).name, level: held.side(area).level, first: days[0].day, days }]
    }
    if (path === '/capture/subjects') {
      const village = held.villages.find((one) => held.within(one.code, area))
      const people = Array.from({ length: 12 }, (_, at) => ({ village: village.code, subject_id: uuid(), origin: ORIGINS[at % 5], name: SURNAMES[at % 6] + GIVEN[at % 5] }))
      return [200, { people: people.filter((one) => (query.get('origin') ?? one.origin) === one.origin), next: null }]
    }
    if (path === '/reporting/categories') return [200, { as_of: now, level: 'county', areas: {}, total: Object.fromEntries(held.profile.categories.map((one, at) => [one.id, Math.floor(2400 / (at + 1)) + 3])) }]
    if (path === '/reporting/pulse') {
      const start = Math.floor(Date.now() / 60_000) * 60_000
      const windows = Array.from({ length: 30 }, (_, at) => ({ start: new Date(start - (29 - at) * 60_000).toISOString(), seconds: 60, counts: { [COUNTY]: { 'capture-record-submitted': (at * 7) % 23, 'verification-record-verified': (at * 5) % 17, 'verification-record-returned': at % 3, 'capture-subject-status-changed': at % 5 === 0 ? 4 : 1 } } }))
      return [200, { as_of: now, windows, note: null }]
    }
    if (path === '/verification/return-reasons') return [200, [{ code: 'differs-from-papers', zh: '与证件不一致', en: 'Differs from the papers' }, { code: 'paper-unreadable', zh: '证明材料无法辨认', en: 'A paper cannot be read' }, { code: 'other', zh: '其他原因', en: 'Another reason' }]]
    const decide = /^\/verification\/items\/([^/]+)\/\d+\/(verify|return)$/.exec(path)
    if (decide) {
      held.items = held.items.filter((one) => one.subject_id !== decide[1])
      return [200, { subject_id: decide[1], version: 1, digest: body.digest, state: decide[2] === 'verify' ? 'verified' : 'returned', passed: false, answers: 'agree', reviewer_id: account.account_id, reviewed_at: now }]
    }
    const item = /^\/verification\/items\/([^/]+)$/.exec(path)
    if (item) {
      const found = held.item(item[1])
      return found ? [200, found] : [404, { type: 'urn:muster:problem:not-found', status: 404, reasons: [{ field: 'subject', rule: 'unknown', zh: '没有这条记录。', en: 'There is no such record.' }], trace_id: null }]
    }
    if (path === '/crosscheck/discrepancies') {
      const [state, kind, age] = [query.get('state') ?? 'open', query.get('kind'), query.get('age')]
      const ageOf = (days) => (days > 30 ? 'over_30_days' : days >= 7 ? 'from_7_to_30_days' : 'under_7_days')
      return [200, { items: held.orders.filter((one) => (state === 'all' || one.state === state) && (!kind || one.kind === kind) && (!age || ageOf(one.age_seconds / 86_400) === age) && held.within(one.village, area)), next: null }]
    }
    if (path === '/crosscheck/comparison') return [200, { open: true, opened_at: ago(4_000_000), opened_by: null, waiting: 12 }]
    const open = /^\/crosscheck\/discrepancies\/([^/]+)\/open$/.exec(path)
    if (open) {
      const order = held.orders.find((one) => one.discrepancy_id === open[1])
      return [200, { ...order, person: { subject_id: order.subject_id, name: '卓玛德吉', number: number() }, record_value: order.field ? '青海省同仁县隆务镇热贡路36号' : null, department_value: order.field ? '隆务镇热贡街63号' : null, twin: order.other ? { subject_id: order.other, name: '卓玛德吉', number: number() } : null, reveal: null, notes: order.notes ?? [] }]
    }
    return asked(method, path, query, body) ?? works(method, path, query, body) ?? held.desk(method, path, query, body) ?? [404, { type: 'urn:muster:problem:not-found', status: 404, reasons: [], trace_id: null }]
  }

  /** News twice a minute; MOCK_MODE=cut falls silent after the first. */
  function follow(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    const tell = (changed) => response.write(`retry: 5000\ndata: ${JSON.stringify({ at: new Date().toISOString(), changed, pulse: answer('GET', '/reporting/pulse', new URLSearchParams(), {})[1] })}\n\n`)
    tell(false)
    if (mode === 'cut') return
    const timer = setInterval(() => tell(true), 10_000)
    response.on('close', () => clearInterval(timer))
  }

  /** The policy of the door, so that what it would forbid is seen here first; building on the fly needs more. */
  function guarded(server) {
    server.middlewares.use((_, response, next) => {
      response.setHeader('content-security-policy', POLICY)
      next()
    })
    serve(server)
  }

  function serve(server) {
    server.middlewares.use((request, response, next) => {
      const url = new URL(request.url, 'http://here')
      if (url.pathname === '/' || url.pathname === '/console') return response.writeHead(302, { location: '/console/' }).end()
      // The gateway of the desk's computer, as the link that pairs it says.
      const atGateway = request.headers.authorization === 'Bearer mock'
      if (!url.pathname.startsWith('/api/') && !atGateway) return next()
      const path = atGateway ? url.pathname : url.pathname.slice(4)
      if (path.endsWith('/authorize')) {
        who = url.searchParams.get('as') ?? who
        return response.writeHead(303, { location: `${url.searchParams.get('redirect_uri')}?code=code&state=${url.searchParams.get('state')}` }).end()
      }
      if (path === '/reporting/events') return follow(response)
      if (/\/evidence\/./.test(path)) {
        response.writeHead(200, { 'content-type': 'image/svg+xml' })
        return response.end(svg(parseInt(path.slice(-2), 16)))
      }
      const chunks = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', async () => {
        const form = /^multipart\//.test(request.headers['content-type'] ?? '')
        const body = form ? {} : read(Buffer.concat(chunks).toString())
        held ??= make(mode === 'broken')
        const [status, found] = (await (atGateway ? held.gateway(request.method, path, body) : answer(request.method, path, url.searchParams, body))) ?? [404, {}]
        response.writeHead(status, { 'content-type': status >= 400 && found?.type ? 'application/problem+json' : 'application/json' })
        response.end(found === undefined ? '' : JSON.stringify(found))
      })
    })
  }

  return { name: 'invented-county', configureServer: serve, configurePreviewServer: guarded }
}
