// The office's part of the invented county: imports, people, terminals, candidates, how services are.
// Made up from a seed, kept in memory while the server runs.

const problem = (status, field, rule, zh, en) => [status, { type: `urn:muster:problem:${status === 404 ? 'not-found' : status === 403 ? 'forbidden' : 'invalid'}`, status, reasons: [{ field, rule, zh, en, severity: 'refuse' }], trace_id: null }]
const missing = () => problem(404, 'id', 'not-found', '没有找到，或不在您的授权范围内。', 'Not found, or outside what you are granted.')

const FAULTS = [
  ['resident_number', 'number-check-digit', '公民身份号码的校验码不对', 'the check digit of the resident number is wrong'],
  ['household_area', 'unknown-area', '没有这个村，或名称不止一个村使用', 'there is no such village, or more than one'],
  ['categories', 'one-service-category', '第(1)至(6)类只能选择其中一项', 'only one of categories (1) to (6) may be chosen'],
  ['name', 'required', '姓名必须填写', 'the name is required'],
  ['', 'number-twice-in-file', '同一号码在文件中出现两次', 'the number stands twice in the file'],
]
const HEADERS = [['序号', null], ['姓名', 'name'], ['公民身份号码', 'resident_number'], ['乡镇', 'household_area'], ['村', 'household_area'], ['对象类别', 'categories'], ['联系电话', 'phone']]

/** `tools` are the dice of the county, `held` the county itself. */
export function office({ uuid, pick, roll, number, ago }, held, COUNTY) {
  const towns = held.areas.filter((one) => one.level === 'township')
  const nameOf = (code) => held.areas.find((one) => one.code === code)?.name ?? code

  const row = (at) => {
    const [field, rule, zh, en] = FAULTS[at % FAULTS.length]
    const village = pick(held.villages)
    const cells = [String(at + 1), '卓玛德吉', number(), nameOf(village.parent), village.name, '退役士兵', '0973-8722011']
    const place = HEADERS.findIndex((one) => one[1] === field)
    if (place >= 0) cells[rule === 'unknown-area' ? 4 : place] = { 'number-check-digit': cells[2].slice(0, 17) + '?', 'unknown-area': '无此村', 'one-service-category': '退役士兵、军队转业干部', required: '' }[rule]
    return { row_id: uuid(), row_number: at * 3 + 4, cells, reasons: [{ field: field || 'record', rule, zh, en, severity: 'refuse' }] }
  }
  const job = (more) => ({ import_id: uuid(), state: 'finished', origin: 'baseline', area: COUNTY, rows_done: 2614, added: 2200, updated: 180, unchanged: 160, refused: 70, warned: 6, reasons: [], started_at: ago(86_400), finished_at: ago(86_000), ...more })
  const jobs = [job({}), job({ origin: 'roster', rows_done: 42, added: 38, updated: 0, unchanged: 2, refused: 0, warned: 0, started_at: ago(3 * 86_400) })]
  const refused = Array.from({ length: 70 }, (_, at) => row(at))
  const warned = Array.from({ length: 6 }, (_, at) => ({ row_id: uuid(), row_number: at * 11 + 5, cells: null, reasons: [{ field: 'resident_number', rule: 'number-fifteen', zh: '15位号码，请核对身份证件', en: 'a number of 15 digits; compare with the ID card', severity: 'warn' }] }))

  const grant = (role, area, valid_until = null) => ({ grant_id: uuid(), role, area, valid_from: ago(40 * 86_400), valid_until })
  const account = (username, area, grants, more = {}) => ({ account_id: uuid(), username, active: true, area, version: 1, locked_until: null, created_at: ago(40 * 86_400), grants, ...more })
  const accounts = [
    account('admin', COUNTY, [grant('administrator', COUNTY)], { account_id: '00000000-0000-4000-8000-000000000001' }),
    account('provincial', '630000', [grant('leader', COUNTY)]),
    ...towns.flatMap((town, at) => [
      account(`desk-${at + 1}`, town.code, [grant('collector', town.code, ago(-60 * 86_400))], { active: at % 5 !== 4, locked_until: at === 1 ? ago(-900) : null }),
      account(`head-${at + 1}`, town.code, [grant('township_leader', town.code)]),
    ]),
  ]
  const terminals = towns.map((town, at) => ({ terminal_id: uuid(), area: town.code, label: `${town.name}采集端1号`, enrolled_at: ago(38 * 86_400), revoked_at: at === 3 ? ago(5 * 86_400) : null }))
  let candidates = Array.from({ length: 5 }, () => ({ candidate_id: uuid(), department: pick(held.profile.departments).id, area: pick(towns).code, reasons: [{ field: 'household_area', rule: 'required', zh: '部门没有提供户籍所在村', en: 'the department names no village', severity: 'refuse' }], since: ago(roll(20) * 86_400) }))

  const parked = { topic: 'device-card-read', zh: '尚不知道发送方的密钥', en: "the key of this message's sender is not known yet", keys: 2, messages: 5, held: 0, first_at: ago(7_000), last_at: ago(300) }
  const dead = { topic: 'device-card-read', rule: 'bad-seal', zh: '封装无效', en: 'the seal is not valid', messages: 2, first_at: ago(90_000), last_at: ago(40_000) }

  const page = (list, query, name, key) => {
    const after = query.get('after')
    const from = after ? list.findIndex((one) => String(one[key]) === after) + 1 : 0
    const size = Number(query.get('limit') ?? 100)
    const some = list.slice(from, from + size)
    return [200, { [name]: some, next: from + size < list.length ? some.at(-1)[key] : null }]
  }

  function imports(method, path, query) {
    if (path === '/capture/imports' && method === 'GET') return page(jobs, query, 'imports', 'import_id')
    if (path === '/capture/imports') {
      const made = job({ import_id: uuid(), state: 'running', rows_done: 0, added: 0, updated: 0, unchanged: 0, refused: 0, warned: 0, started_at: ago(0), finished_at: null })
      jobs.unshift(made)
      const timer = setInterval(() => {
        made.rows_done += 400
        made.added += 390
        if (made.rows_done < 2400) return
        clearInterval(timer)
        Object.assign(made, { state: 'finished', refused: 70, warned: 6, finished_at: ago(0) })
      }, 1_000)
      return [200, made]
    }
    const [, id, rest = ''] = /^\/capture\/imports\/([0-9a-f-]{36})(\/.*)?$/.exec(path) ?? []
    const found = jobs.find((one) => one.import_id === id)
    if (!found) return missing()
    if (rest === '/rows') {
      const [status, body] = page(query.get('severity') === 'warn' ? warned : refused, query, 'rows', 'row_number')
      return [status, { columns: HEADERS.map(([header, field]) => ({ header, field })), ...body }]
    }
    return rest === '/refusals.xlsx' ? [200, { invented: 'no workbook' }] : [200, found]
  }

  function people(method, path, query, body) {
    if (path === '/access/accounts' && method === 'GET') return page(accounts, query, 'accounts', 'account_id')
    if (path === '/access/accounts') {
      if (!/^[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]$/.test(body.username)) return problem(422, 'username', 'username-form', '账号名为3至64个小写字母、数字、点、横线或下划线，首尾须为字母或数字。', 'A user name has 3 to 64 lower-case letters, digits, dots, dashes or underscores, with a letter or digit at both ends.')
      const made = account(body.username, body.area, body.grants.map((one) => ({ ...grant(one.role, one.area, one.valid_until), valid_from: one.valid_from ?? ago(0) })), { created_at: ago(0) })
      accounts.push(made)
      return [201, made]
    }
    const taking = /^\/access\/grants\/([^/]+)\/revoke$/.exec(path)
    if (taking) {
      const found = accounts.find((one) => one.grants.some((each) => each.grant_id === taking[1]))
      if (!found) return missing()
      found.grants = found.grants.filter((one) => one.grant_id !== taking[1])
      return [200, found]
    }
    const [, id, act] = /^\/access\/accounts\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? []
    const found = accounts.find((one) => one.account_id === id)
    if (!found) return missing()
    if (act === 'grants') found.grants.push(...body.grants.map((one) => ({ ...grant(one.role, one.area, one.valid_until), valid_from: one.valid_from ?? ago(0) })))
    if (act === 'activate' || act === 'deactivate') found.active = act === 'activate'
    if (act === 'password') found.locked_until = null
    return [200, found]
  }

  function computers(path, query, body) {
    if (path === '/access/terminals') return page(terminals, query, 'terminals', 'terminal_id')
    if (path === '/access/enrolments') return [201, { enrolment_id: uuid(), code: body.department ? `MOCK-${body.department.toUpperCase()}` : '7K3M-0QXA-9F2C-HT5B', area: body.area, label: body.label, department: body.department ?? null, expires_at: ago(-86_400) }]
    const [, id] = /\/([^/]+)\/revoke$/.exec(path) ?? []
    const found = terminals.find((one) => one.terminal_id === id)
    if (!found) return missing()
    found.revoked_at = ago(0)
    return [200, found]
  }

  function waiting(path, query, body) {
    const area = query.get('area') ?? COUNTY
    if (path === '/capture/candidates') return page(candidates.filter((one) => held.within(one.area, area)), query, 'candidates', 'candidate_id')
    const [, id, act] = /^\/capture\/candidates\/([^/]+)\/(\w+)$/.exec(path) ?? []
    if (!candidates.some((one) => one.candidate_id === id)) return missing()
    if (act === 'open') return [200, { candidate_id: id, fields: { name: '才让东知', resident_number: number() } }]
    candidates = candidates.filter((one) => one.candidate_id !== id)
    return [200, { candidate_id: id, outcome: body.dismissed ? 'dismissed' : 'registered', subject_id: body.dismissed ? null : uuid() }]
  }

  /** What the office's part of a service answers; undefined for what is not its part. */
  return (method, path, query, body) => {
    if (path.startsWith('/capture/imports')) return imports(method, path, query)
    if (path.startsWith('/capture/candidates')) return waiting(path, query, body)
    if (/^\/access\/(accounts|grants)/.test(path)) return people(method, path, query, body)
    if (/^\/access\/(terminals|enrolments)/.test(path)) return computers(path, query, body)
    if (path === '/reporting/devices') {
      const area = query.get('area') ?? COUNTY
      const devices = terminals.filter((one) => held.within(one.area, area)).map((one, at) => ({ terminal_id: one.terminal_id, area: one.area, name: nameOf(one.area), readers: { serial: at % 4 === 2 ? 'reader-away' : 'ready' }, waiting: at % 4, software: '0.1.0', at: ago(4_000), last_heard: ago(at * 3_000) }))
      return [200, { as_of: ago(0), code: area, devices }]
    }
    const [, service, what] = /^\/(\w+)\/(ready|troubles)$/.exec(path) ?? []
    if (what === 'ready') return service === 'crosscheck' ? [503, { ready: false, waiting_for: ['broker'] }] : [200, { ready: true, waiting_for: [] }]
    if (what === 'troubles') return [200, { service, as_of: ago(0), parked: service === 'capture' ? [parked] : [], dead_letters: service === 'capture' ? [dead] : [] }]
    return undefined
  }
}
