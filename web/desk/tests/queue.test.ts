/** What is on its way: nothing is lost, nothing is sent twice under another id, no is not silence (R68, R69). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pairing } from '../src/gateway/pairing'
import { handIn, held, onTheirWay, queue, received, sendNow, takeBack, unsent, watchQueue } from '../src/work/queue'
import type { Draft } from '../src/work/model'
import { store } from '../src/work/store'
import { begin, confirmation, draft, lines, NUMBER, paper, refusal, requests, serve } from './day'

const D1 = `sha256:${'1'.repeat(64)}`
const D2 = `sha256:${'2'.repeat(64)}`
let packed = 0

const reason = { field: 'name', rule: 'wrong', zh: '姓名不对', en: 'wrong name', severity: 'refuse' }
const record = (status: string, id: string, more: object = {}) => ({
  packet_id: 'p', accepted: 1, refused: 0,
  receipts: [{ index: 0, record_id: id, subject_id: 'subject', status, version: status === 'refused' ? null : 1, existing_subject_id: null, reasons: status === 'refused' ? [reason] : [], ...more }],
})
const pieces = (...statuses: [string, string][]) => ({
  packet_id: 'p', receipts: statuses.map(([digest, status], index) => ({ index, subject_id: 'subject', digest, status, reasons: status === 'refused' ? [reason] : [] })),
})
/** A gateway that makes another packet each time, as sealing does. */
const PACK = { 'POST gateway/packets': () => ({ packet: `packet.${(packed += 1)}` }) }
const sent = (path: string) => requests.filter((one) => one.line === `POST /api/capture/${path}`).map((one) => one.body)

beforeEach(async () => {
  packed = 0
  serve(PACK)
  await begin()
})
afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Hands in, and waits until the queue rests. */
async function through(one = draft()) {
  await handIn(one)
  await sendNow()
  return store.parcels.get(one.id)!
}

describe('a record', () => {
  it('goes after its papers, is received, and leaves nothing of the person but what a receipt needs', async () => {
    const one = draft({ papers: [paper(D1), { ...paper(D2), sent: true }] })
    serve({ ...PACK, 'POST /api/capture/evidence': pieces([D1, 'stored']), 'POST /api/capture/uploads': record('accepted', one.id) })
    const parcel = await through(one)
    expect(lines()).toEqual(['POST gateway/packets', 'POST /api/capture/evidence', 'POST gateway/packets', 'POST /api/capture/uploads'])
    const [evidence, records] = requests.filter((one) => one.line === 'POST gateway/packets').map((one) => (one.body as { payload: Record<string, unknown[]> }).payload)
    expect(evidence!.pieces).toEqual([{ subject_id: 'subject', digest: D1, salt: confirmation.salt, media_type: 'image/jpeg', kind: 'id_card', content: btoa('picture') }])
    expect(records!.records).toEqual([
      {
        record_id: one.id, subject_id: 'subject', base_version: 0, form_version: 'tongren/1', categories: ['soldier'],
        fields: { name: '测试某', resident_number: NUMBER, unit: '某部' }, provenance: { name: 'chip', resident_number: 'typed', unit: 'baseline' },
        evidence: [{ digest: D1, kind: 'id_card' }, { digest: D2, kind: 'id_card' }], salt: confirmation.salt,
        signature: { kind: 'handwriting', digest: confirmation.digest, trace: confirmation.trace, signature_id: 'signature', trace_salt: confirmation.traceSalt },
        collected_at: confirmation.capturedAt, origin: 'new',
      },
    ])
    expect(parcel).toMatchObject({ state: 'received', record: null, evidence: [], receipt: { status: 'accepted', version: 1 } })
    expect(parcel.draft).toMatchObject({ fields: { name: '测试某', resident_number: NUMBER }, papers: [], confirmation: null, known: null, reading: null })
    expect([received.value.length, unsent.value]).toEqual([1, 0])
  })

  it('of a card opens only the values that it gives as read', async () => {
    const reading = { reading: { reading_id: 'r', card: 'resident', salt: 's', hashes: { name: 'h', unit: 'h' }, salts: { name: 'a', unit: 'b' } }, fields: {}, reader_id: 'x', read_at: 'y' }
    const one = draft({ reading })
    serve({ ...PACK, 'POST /api/capture/uploads': record('accepted', one.id) })
    await through(one)
    const [told] = (requests[0]!.body as { payload: { records: { reading: unknown }[] } }).payload.records
    expect(told!.reading).toEqual({ ...reading.reading, salts: { name: 'a' } })
  })

  it('gives what the card says of a value that was typed over it, and opens that too (R55, R59)', async () => {
    const reading = { reading: { reading_id: 'r', card: 'resident', salt: 's', hashes: { name: 'h', unit: 'h', photo: 'h' }, salts: { name: 'a', unit: 'b', photo: 'c' } }, fields: { name: '测试某', unit: '卡上的', photo: 'AAAA' }, reader_id: 'x', read_at: 'y' }
    const told = async (sources: Draft['sources']) => {
      const one = draft({ id: crypto.randomUUID(), reading, sources: { resident_number: 'typed', ...sources } })
      serve({ ...PACK, 'POST /api/capture/uploads': record('accepted', one.id) })
      await through(one)
      return (requests[0]!.body as { payload: { records: { reading: unknown }[] } }).payload.records[0]!.reading
    }
    expect(await told({ name: 'chip', unit: 'baseline' })).toEqual({ ...reading.reading, salts: { name: 'a', unit: 'b' }, typed_over: { unit: '卡上的' } })
    // Who types over all of it does not get rid of the card.
    expect(await told({ name: 'typed', unit: 'typed' })).toEqual({ ...reading.reading, salts: { name: 'a', unit: 'b' }, typed_over: { name: '测试某', unit: '卡上的' } })
  })

  it('that the centre had already is received as well', async () => {
    const one = draft()
    serve({ ...PACK, 'POST /api/capture/uploads': record('duplicate', one.id) })
    expect(await through(one)).toMatchObject({ state: 'received', receipt: { status: 'duplicate' } })
  })

  it('is not handed in before somebody has confirmed it', async () => {
    await expect(handIn(draft({ confirmation: null }))).rejects.toThrow()
    expect(store.parcels.size).toBe(0)
  })
})

describe('without an answer', () => {
  it.each([
    ['no network', () => Promise.reject(new TypeError('failed')), 'services'],
    ['an answer of a proxy', () => new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }), 'services'],
    ['a service that is down', () => refusal(503, 'store-away'), 'services'],
    ['a receipt of something else', () => record('accepted', 'another'), 'services'],
    ['a sign-in that ran out', () => refusal(401, 'token-expired'), 'sign-in'],
    ['a sign-in at another computer', () => refusal(403, 'terminal-required'), 'terminal'],
  ] as const)('%s: the same packet goes again, and only then is it received', async (_, away, stop) => {
    const one = draft()
    let down = true
    // Renewing is refused, and nobody signs in: the dialog is given up at once.
    const { giveUp } = await import('@muster/ui')
    serve({ ...PACK, 'POST /api/access/session/renew': () => (queueMicrotask(() => setTimeout(giveUp)), refusal(401, 'token-expired')), 'POST /api/capture/uploads': () => (down ? away() : record('accepted', one.id)) })
    const waiting = await through(one)
    expect(waiting).toMatchObject({ state: 'waiting', record: 'packet.1', receipt: null })
    expect([queue.stop, queue.nextAt === null, onTheirWay.value.length]).toEqual([stop, stop !== 'services', 1])
    down = false
    await sendNow()
    expect(store.parcels.get(one.id)!.state).toBe('received')
    expect(new Set(sent('uploads'))).toEqual(new Set(['packet.1']))
    expect([queue.stop, queue.failures]).toEqual([null, 0])
  })

  it('papers that are through are not sent again, and the others go in the same packet', async () => {
    const one = draft({ papers: [paper(D1)] })
    let down = true
    serve({ ...PACK, 'POST /api/capture/evidence': () => (down ? refusal(500, 'internal') : pieces([D1, 'known'])), 'POST /api/capture/uploads': () => (down ? record('accepted', one.id) : refusal(500, 'internal')) })
    expect(await through(one)).toMatchObject({ state: 'waiting', evidence: ['packet.1'], record: null })
    expect(sent('uploads')).toEqual([])
    down = false
    await sendNow()
    expect(store.parcels.get(one.id)).toMatchObject({ state: 'waiting', evidence: [], record: 'packet.2' })
    expect(store.parcels.get(one.id)!.draft.papers[0]!.sent).toBe(true)
    await sendNow()
    expect(sent('evidence')).toEqual(['packet.1', 'packet.1'])
    expect(sent('uploads')).toEqual(['packet.2', 'packet.2'])
  })

  it('tries again by itself, later each time, and not later than every five minutes', async () => {
    vi.useFakeTimers()
    serve({ ...PACK, 'POST /api/capture/uploads': () => Promise.reject(new TypeError('failed')) })
    await handIn(draft())
    const waits: number[] = []
    for (let tries = 0; tries < 10; tries += 1) {
      await vi.waitFor(() => expect(queue.nextAt).not.toBeNull())
      waits.push(queue.nextAt! - Date.now())
      await vi.advanceTimersByTimeAsync(queue.nextAt! - Date.now())
    }
    expect(waits.slice(0, 3).map((wait) => Math.round(wait / 1000))).toEqual([2, 4, 8])
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000)
    expect(sent('uploads').length).toBeGreaterThanOrEqual(10)
  })

  it('of the gateway nothing is packed, and it says that it is the gateway', async () => {
    const one = draft()
    serve({ 'POST /api/capture/uploads': record('accepted', one.id) })
    expect(await through(one)).toMatchObject({ state: 'waiting', record: null })
    expect(queue.stop).toBe('gateway')
    pairing.value = null
    await sendNow()
    expect([queue.stop, sent('uploads').length]).toEqual(['gateway', 0])
  })

  it('a page that goes away in between leaves what another can go on with', async () => {
    const one = draft({ papers: [paper(D1)] })
    // What a page that comes back finds is what was kept at the moment of the request.
    const left: unknown[] = []
    const uploads = () => {
      left.push({ ...store.parcels.get(one.id) })
      return record('accepted', one.id)
    }
    serve({ ...PACK, 'POST /api/capture/evidence': pieces([D1, 'stored']), 'POST /api/capture/uploads': uploads })
    await through(one)
    expect(left[0]).toMatchObject({ state: 'sending', record: 'packet.2', evidence: [] })
    // As it was left it is sent again, in the same packet.
    await store.saveParcel({ ...store.parcels.get(one.id)!, state: 'sending', record: 'packet.2', receipt: null })
    await sendNow()
    expect(sent('uploads')).toEqual(['packet.2', 'packet.2'])
  })
})

describe('a refusal', () => {
  it('of the record holds it with its reasons until somebody takes it back, under the same id', async () => {
    const [one, next] = [draft(), draft()]
    let answered = 0
    serve({ ...PACK, 'POST /api/capture/uploads': () => ((answered += 1) === 1 ? record('refused', one.id) : record('accepted', next.id)) })
    await handIn(one)
    await sendNow()
    await handIn(next)
    await sendNow()
    expect(store.parcels.get(one.id)).toMatchObject({ state: 'held', record: null, reasons: [{ field: 'name', rule: 'wrong', zh: '姓名不对' }] })
    expect(store.parcels.get(next.id)!.state).toBe('received')
    expect(held.value.length).toBe(1)
    const back = await takeBack(one.id)
    expect([back.id, back.confirmation, store.parcels.has(one.id), store.drafts.has(one.id)]).toEqual([one.id, confirmation, false, true])
    expect(back.refused).toMatchObject([{ field: 'name', rule: 'wrong', zh: '姓名不对' }])
    expect(back.overtaken).toBeFalsy()
    await expect(takeBack(next.id)).rejects.toThrow()
  })

  it('of a paper holds the record, names the kind of paper, and keeps what went through', async () => {
    const one = draft({ papers: [paper(D1), paper(D2)] })
    serve({ ...PACK, 'POST /api/capture/evidence': pieces([D1, 'stored'], [D2, 'refused']) })
    const parcel = await through(one)
    expect(parcel).toMatchObject({ state: 'held', reasons: [{ field: 'id_card', rule: 'wrong' }] })
    expect(parcel.draft.papers.map((each) => each.sent)).toEqual([true, false])
    expect(sent('uploads')).toEqual([])
  })

  it('of the whole packet holds it too', async () => {
    serve({ ...PACK, 'POST /api/capture/uploads': () => refusal(422, 'packet-shape', '上传包不对') })
    expect(await through()).toMatchObject({ state: 'held', reasons: [{ rule: 'packet-shape', zh: '上传包不对' }] })
  })

  it('of a packet that is too old packs it anew', async () => {
    const one = draft()
    let tries = 0
    serve({ ...PACK, 'POST /api/capture/uploads': () => ((tries += 1) === 1 ? refusal(422, 'packet-expired') : record('accepted', one.id)) })
    expect(await through(one)).toMatchObject({ state: 'waiting', record: null })
    await sendNow()
    expect(sent('uploads')).toEqual(['packet.1', 'packet.2'])
    expect(store.parcels.get(one.id)!.state).toBe('received')
  })

  it('for a newer version asks what stands now; without an answer nothing changes', async () => {
    const one = draft()
    let away = true
    const known = { known: true, elsewhere: false, subject_id: 'subject', version: 3, entries: [] }
    serve({ ...PACK, 'POST /api/capture/uploads': record('refused', one.id, { reasons: [{ ...reason, rule: 'version-changed' }] }), 'POST /api/capture/subjects/lookup': () => (away ? refusal(503, 'away') : known) })
    await through(one)
    await expect(takeBack(one.id)).rejects.toThrow()
    expect(store.parcels.get(one.id)!.state).toBe('held')
    away = false
    expect(await takeBack(one.id)).toMatchObject({ baseVersion: 3, isNew: false, known, confirmation, overtaken: true })
    // Sent again it is like any other.
    await handIn(store.drafts.get(one.id)!)
    await sendNow()
    expect(store.parcels.get(one.id)!.draft).toMatchObject({ refused: [], overtaken: false })
  })

  it('because the number is somebody’s already makes it theirs, with papers to be sent for them', async () => {
    const one = draft({ papers: [{ ...paper(D1), sent: true }] })
    const known = { known: true, elsewhere: true, subject_id: 'other', version: 2, entries: [] }
    serve({ ...PACK, 'POST /api/capture/uploads': record('refused', one.id, { existing_subject_id: 'other' }), 'POST /api/capture/subjects/lookup': known })
    await through(one)
    const back = await takeBack(one.id)
    expect(back).toMatchObject({ subjectId: 'other', baseVersion: 2, isNew: false })
    expect(back.papers[0]!.sent).toBe(false)
  })
})

it('a page with anything unsent asks before it closes, and one without does not', async () => {
  watchQueue()
  const leave = () => {
    const event = new Event('beforeunload', { cancelable: true })
    dispatchEvent(event)
    return event.defaultPrevented
  }
  expect(leave()).toBe(false)
  await store.saveDraft(draft())
  expect(leave()).toBe(true)
})
