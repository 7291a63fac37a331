// What the invented county's reviewers do beyond deciding: completing a record, and what is said about
// work orders.

/** Answers a request, or gives null when it is none of these. `held` is the county, `reader` who asks. */
export function review(held, method, path, body, reader, query) {
  const listed = queued(held, path, query)
  if (listed) return listed
  const claim = /^\/verification\/items\/([^/]+)\/claim$/.exec(path)
  if (claim) return method === 'DELETE' ? [204] : look(held, claim[1], body)
  const completion = /^\/capture\/subjects\/([^/]+)\/completion$/.exec(path)
  if (completion && method === 'POST') return complete(held.item(completion[1]), body, reader)
  const said = /^\/crosscheck\/discrepancies\/([^/]+)\/(questions|answers|transfer)$/.exec(path)
  if (said && method === 'POST') return say(held.orders.find((one) => one.discrepancy_id === said[1]), said[2], body, reader)
  return null
}

/** The queue as it is filtered, and how much there is of it by age. */
function queued(held, path, query) {
  const here = held.items.filter((one) => !query.get('area') || held.within(one.village, query.get('area')))
  if (path === '/verification/queue/ages') {
    const desks = {}
    for (const one of here) {
      const counts = (desks[one.desk] ??= { everything: 0, over_3: 0, over_7: 0, over_15: 0, flagged: 0 })
      for (const [name, days] of [['everything', 0], ['over_3', 3], ['over_7', 7], ['over_15', 15]]) if (one.age_seconds >= days * 86_400) counts[name] += 1
      if (one.flagged) counts.flagged += 1
    }
    return [200, { as_of: new Date().toISOString(), desks }]
  }
  if (path !== '/verification/queue') return null
  const wanted = (one) =>
    (!query.get('desk') || one.desk === query.get('desk')) && one.age_seconds >= Number(query.get('days') ?? 0) * 86_400 && (!query.get('flagged') || one.flagged) && (!query.get('since') || one.received_at.slice(0, 10) <= query.get('since'))
  const found = here.filter(wanted)
  const [from, size] = [Number(query.get('after') ?? 0), Number(query.get('limit') ?? 50)]
  return [200, { items: found.slice(from, from + size), next: from + size < found.length ? String(from + size) : null }]
}

function look(held, id, body) {
  const [one, item] = [held.items.find((found) => found.subject_id === id), held.item(id)]
  if (!one || !item) return refuse(404, 'record', 'record-unknown', '没有这份采集记录。', 'There is no such record to review.')
  const until = new Date(Date.now() + 180_000).toISOString()
  if (!one.looking || one.looking.own || body?.take_over) one.looking = { own: true, since: one.looking?.own ? one.looking.since : new Date().toISOString(), until }
  const flagged = item.attestation?.reading === 'flagged' || item.attestation?.signature === 'flagged'
  return [200, { subject_id: id, looking: one.looking, version: item.version, digest: item.digest, reviewable: item.reviewable, answered: item.departments.filter((said) => said.received_at !== null).length, flagged }]
}

function say(order, what, body, reader) {
  if (!order) return refuse(404, 'discrepancy', 'discrepancy-unknown', '没有该问题。', 'There is no such discrepancy.')
  const kind = { questions: 'question', answers: 'answer', transfer: 'transfer' }[what]
  order.notes = [...(order.notes ?? []), { note_id: body.note_id, kind, answers: body.question ?? null, to: body.to ?? body.area ?? null, by: reader, at: new Date().toISOString(), text: body.text ?? body.reason }]
  order.questions += { question: 1, answer: -1, transfer: 0 }[kind]
  if (kind !== 'transfer') return [204]
  order.handled_in = body.area
  return [200, order]
}

const refuse = (status, field, rule, zh, en) => [status, { type: `urn:muster:problem:${status === 409 ? 'conflict' : 'invalid'}`, status, reasons: [{ field, rule, zh, en }], trace_id: null }]

function complete(item, body, reader) {
  if (!item) return refuse(404, 'subject_id', 'not-found', '没有找到', 'there is no such thing')
  if (body.base_version !== item.version) return refuse(409, 'base_version', 'version-changed', '该对象的记录已有更新的版本，请重新查询后再修改', 'there is another current version of this record; look the person up again')
  const { completion: made, ...before } = item
  item.earlier = [{ ...before, earlier: undefined, changed: Object.keys(body.fields), completion: made ?? null }, ...item.earlier]
  const unsigned = new Set([...(made?.unsigned ?? []), ...Object.keys(body.fields)])
  for (const [name, value] of Object.entries(body.fields)) {
    if (value === null) delete item.record.fields[name]
    else item.record.fields[name] = value
    item.provenance[name] = 'reviewer'
  }
  item.version += 1
  item.digest = item.digest.replace(/.$/, (sign) => (sign === '0' ? '1' : '0'))
  item.completion = { by: reader, at: new Date().toISOString(), reason: body.reason, signed_version: made?.signed_version ?? before.version, unsigned: [...unsigned].sort() }
  return [200, { subject_id: item.subject_id, version: item.version, digest: item.digest, unsigned: item.completion.unsigned }]
}
