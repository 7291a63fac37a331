// What the invented county's reviewers do beyond deciding: completing a record.

/** Answers a request, or gives null when it is none of these. `held` is the county, `reader` who asks. */
export function review(held, method, path, body, reader) {
  const completion = /^\/capture\/subjects\/([^/]+)\/completion$/.exec(path)
  if (completion && method === 'POST') return complete(held.item(completion[1]), body, reader)
  return null
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
