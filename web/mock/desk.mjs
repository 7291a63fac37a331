// What an invented county answers to a desk, and an invented gateway with its box of cards on the same
// address (web/README.md says the link that pairs it). Its packets are readable text.
const NAMES = ['卓玛', '扎西才让', '李建军', '王秀英', '马福海', '多杰', '更登', '张桂兰', '才让卓玛', '韩文清', '索南', '陈国强']
const REASONS = ['away', 'not_found', 'in_prison', 'ill', 'other']

const refused = (field, rule, zh, en) => ({ field, rule, zh, en, severity: 'refuse' })
const problem = (status, kind, reason) => [status, { type: `urn:muster:problem:${kind}`, status, reasons: [reason], trace_id: null }]

/** People of the villages of one township, and what the desk does to them. */
export function desk({ villages, roll, pick, uuid, number, ago }) {
  const people = villages.slice(0, 6).flatMap((village) =>
    Array.from({ length: 5 + roll(9) }, () => ({
      village: village.code, subject_id: uuid(), origin: roll(9) ? 'baseline' : 'roster', name: pick(NAMES), state: roll(3) ? 'open' : 'collected', number: number(), version: 0,
      absence: roll(4) ? null : { reason: pick(REASONS), note: roll(2) ? null : '家属代告', until: null, at: ago(400_000) },
    })),
  )
  for (const one of people) if (one.state === 'collected') Object.assign(one, { version: 1, absence: null })
  const first = people.filter((one) => one.state === 'collected').slice(0, 3)
  const back = () => first.filter((one) => one.state === 'collected' && one.version === 1)
  // A reviewer need not add words of their own to those of the list.
  const returned = () => [
    { code: 'paper-unreadable', zh: '证明材料无法辨认', en: 'A paper cannot be read', field: 'evidence', text: '' },
    { code: 'category-wrong', zh: '对象类别有误', en: 'The category is not right', field: 'categories', text: '' },
    { code: 'differs-from-papers', zh: '与证件不一致', en: 'Differs from the papers', field: 'name', text: '请对照身份证' },
  ]
  const listed = ({ village, subject_id, origin, name, absence }) => ({ village, subject_id, origin, name, absence })
  const known = (one) => ({
    known: true, elsewhere: false, subject_id: one.subject_id, version: one.version, revision: 1, entries: [{ village: one.village, origin: one.origin, state: one.state }],
    merged_into: null, baseline: { categories: [], fields: { name: one.name, resident_number: one.number, household_area: one.village } }, record: null, review: back().includes(one) ? { state: 'returned', reasons: returned() } : null,
  })

  function take(payload) {
    const [record] = payload.records
    // Without an address of the household it is refused, so that mending can be seen.
    const wrong = !record.fields.household_address
    const found = people.find((one) => one.subject_id === record.subject_id)
    if (!wrong && found) Object.assign(found, { state: 'collected', version: found.version + 1, absence: null })
    const reasons = wrong ? [refused('household_address', 'required', '须填写户籍地址', 'the address of the household is needed')] : []
    return { packet_id: payload.packet_id, accepted: wrong ? 0 : 1, refused: wrong ? 1 : 0, receipts: [{ index: 0, record_id: record.record_id, subject_id: record.subject_id, status: wrong ? 'refused' : 'accepted', version: wrong ? null : (found?.version ?? 1), existing_subject_id: null, reasons }] }
  }

  return function answer(method, path, query, body) {
    if (path === '/capture/subjects' && method === 'GET') return [200, { people: people.filter((one) => one.state === (query.get('state') ?? 'open')).map(listed), next: null }]
    if (path === '/capture/returned') {
      return [200, { returned: back().map((one) => ({ village: one.village, subject_id: one.subject_id, name: one.name, version: 1, record_id: uuid(), returned_at: ago(90_000), reasons: returned() })), next: null }]
    }
    if (path === '/capture/subjects/lookup') {
      const found = people.find((one) => one.subject_id === body.subject_id || one.number === body.resident_number)
      return [200, found ? known(found) : { known: false, elsewhere: false, subject_id: null, version: 0, revision: 0, entries: [], merged_into: null, baseline: null, record: null, review: null }]
    }
    const about = /^\/capture\/subjects\/([^/]+)\/(absence|ending)$/.exec(path)
    if (about) {
      const found = people.find((one) => one.subject_id === about[1])
      if (!found) return problem(404, 'not-found', refused('subject_id', 'not-found', '没有这个人', 'there is no such person'))
      if (about[2] === 'absence') {
        found.absence = body.reason === null ? null : { reason: body.reason, note: body.note ?? null, until: body.until ?? null, at: ago(0) }
        return [200, { subject_id: found.subject_id, absence: found.absence }]
      }
      found.state = body.ending === 'reopened' ? (found.version ? 'collected' : 'open') : body.ending
      return [200, { subject_id: found.subject_id, revision: 2, entries: known(found).entries }]
    }
    if (path === '/capture/evidence' && method === 'POST') {
      return [200, { packet_id: body.packet_id, receipts: body.pieces.map((piece, index) => ({ index, subject_id: piece.subject_id, digest: piece.digest, status: 'stored', reasons: [] })) }]
    }
    if (path === '/capture/uploads') return [200, take(body)]
    return null
  }
}

/** A body as it came: a packet of the invented gateway is its content. */
export function read(text) {
  return JSON.parse(text.startsWith('mock.') ? Buffer.from(text.slice(5), 'base64url').toString() : text || '{}')
}

/** The gateway and the box of cards of this computer. Null for every other path. */
export function gateway({ uuid, digest, number, ago }) {
  const cards = NAMES.slice(0, 6).map((name, at) => ({ id: String(at), name, number: number(), hint_zh: at % 2 ? '初始数据中没有' : '初始数据中有', hint_en: at % 2 ? 'not in the baseline' : 'in the baseline' }))
  let placed = null

  function reading(card) {
    const fields = { name: card.name, resident_number: card.number, sex: Number(card.number[16]) % 2 ? '1' : '2', birth_date: `${card.number.slice(6, 10)}-${card.number.slice(10, 12)}-${card.number.slice(12, 14)}`, ethnicity: '04', valid_until: '2030-01-01' }
    const by = (make) => Object.fromEntries(Object.keys(fields).map((name) => [name, make()]))
    const salt = () => digest().slice(7)
    return { reading: { reading_id: uuid(), card: 'resident', salt: salt(), hashes: by(digest), salts: by(salt) }, fields, reader_id: 'mock', read_at: ago(0) }
  }

  return function answer(method, path, body) {
    if (path === '/status') return [200, { terminal_id: 'mock', area: '632321100', label: '1号采集台', software: 'mock', readers: { mock: 'ready' }, spool: { waiting: 0, published: 0, received: 0, oldest: 0 }, keys: {} }]
    if (path === '/assertions') return [200, { assertion: 'mock' }]
    if (path === '/packets') return [200, { packet: `mock.${Buffer.from(JSON.stringify(body.payload)).toString('base64url')}` }]
    if (path === '/signatures') return [200, { signature: { kind: body.kind, digest: body.record_digest, signature_id: uuid(), trace_salt: digest().slice(7) }, captured_at: ago(0) }]
    if (path === '/readings') return placed ? [200, reading(placed)] : problem(409, 'conflict', refused('card', 'no-card', '没有发现证件', 'no card was found'))
    if (path === '/cards') return [200, { cards }]
    if (path === '/cards/lift') return [200, ((placed = null), {})]
    const place = /^\/cards\/([^/]+)\/place$/.exec(path)
    if (place) return [200, ((placed = cards.find((card) => card.id === place[1])), {})]
    return null
  }
}
