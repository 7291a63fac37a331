/** What is on its way to capture: evidence first, then the record, kept until a positive receipt.
 *
 * Packets are packed once and sent unchanged, so that what is sent again does nothing twice. No answer
 * and a refusal differ: the one is tried again, later and later; with the other a person has to deal.
 */
import { post, Problem, session, Unreachable } from '@muster/ui'
import { computed, reactive, readonly, watch } from 'vue'
import { NotPaired } from '../gateway/client'
import type { Draft, Parcel, Receipt } from './model'
import { packEvidence, packRecord } from './packing'
import { store } from './store'

export { newDraft } from './drafts'

/** What keeps the queue from going on: no network or service, this computer's gateway, the sign-in, or
 * that it did not happen at this terminal. */
export type Stop = 'services' | 'gateway' | 'sign-in' | 'terminal'
type Reasons = Parcel['reasons']

const FIRST_PAUSE = 2_000
const LONGEST_PAUSE = 300_000
/** Packets that are too old, or sealed to a key that is no longer capture's, are packed anew. */
const STALE = ['packet-expired', 'packet-recipient']
const ELSEWHERE = ['terminal-required', 'terminal-differs', 'area-not-granted', 'area-outside']

const state = reactive({ running: false, stop: null as Stop | null, failures: 0, nextAt: null as number | null })
export const queue = readonly(state)

let timer: ReturnType<typeof setTimeout> | undefined
let current: Promise<void> | null = null

const all = computed(() => [...store.parcels.values()].sort((one, other) => one.since.localeCompare(other.since)))
export const onTheirWay = computed(() => all.value.filter((one) => one.state === 'waiting' || one.state === 'sending'))
export const held = computed(() => all.value.filter((one) => one.state === 'held'))
export const received = computed(() => all.value.filter((one) => one.state === 'received').reverse())
/** Everything that would be lost with this page. */
export const unsent = computed(() => store.drafts.size + onTheirWay.value.length + held.value.length)

/** Hands in a confirmed draft; comes back once it is kept, and sends it in the background. */
export async function handIn(draft: Draft): Promise<void> {
  if (draft.confirmation === null) throw new Error('nobody has confirmed this record')
  await store.handIn({
    id: draft.id, draft: { ...draft, refused: [], overtaken: false }, state: 'waiting', evidence: [], record: null, since: new Date().toISOString(), tries: 0, receipt: null, reasons: [],
  })
  void sendNow()
}

/** Takes a refused record back to be mended. Where capture says that the person is another now than
 * when the draft began, it is asked anew; throws when no answer comes, and nothing has changed then. */
export async function takeBack(id: string): Promise<Draft> {
  const parcel = store.parcels.get(id)
  if (parcel?.state !== 'held') throw new Error('only what was refused is taken back')
  let draft: Draft = { ...parcel.draft, refused: parcel.reasons }
  if (parcel.existing !== undefined || parcel.reasons.some((reason) => reason.rule === 'version-changed')) {
    const subjectId = parcel.existing ?? draft.subjectId
    const known = await post('capture', '/subjects/lookup', { body: { subject_id: subjectId } })
    // Papers are kept with their person: another person has none of these yet.
    const papers = subjectId === draft.subjectId ? draft.papers : draft.papers.map((paper) => ({ ...paper, sent: false }))
    draft = { ...draft, subjectId, known, papers, baseVersion: known.version ?? 0, isNew: !known.known, overtaken: true }
  }
  await store.takeBack(id, { ...draft, changedAt: new Date().toISOString() })
  return store.drafts.get(id)!
}

/** Sends what waits, now; nothing happens twice at once. */
export function sendNow(): Promise<void> {
  state.failures = 0
  return goOn()
}

function goOn(): Promise<void> {
  clearTimeout(timer)
  state.nextAt = null
  current ??= run().finally(() => {
    current = null
    // What was handed in at the very moment at which the last one was through.
    if (state.stop === null && onTheirWay.value.length > 0) void goOn()
  })
  return current
}

async function run(): Promise<void> {
  state.running = true
  try {
    for (let next = onTheirWay.value[0]; next; next = onTheirWay.value[0]) {
      const stop = await forward(next.id)
      if (stop !== null) return pause(stop)
      state.failures = 0
    }
    state.stop = null
  } finally {
    state.running = false
  }
}

function pause(stop: Stop): void {
  state.stop = stop
  state.failures += 1
  // Whoever signs in again says so; a dialog that comes back by itself would disturb.
  if (stop === 'sign-in' || stop === 'terminal') return
  const wait = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (state.failures - 1))
  state.nextAt = Date.now() + wait
  timer = setTimeout(() => void goOn(), wait)
}

async function change(id: string, what: Partial<Parcel>): Promise<Parcel> {
  const changed = { ...store.parcels.get(id)!, ...what }
  await store.saveParcel(changed)
  return changed
}

/** One parcel as far as it goes: received, held, or waiting; gives what stopped it then. */
async function forward(id: string): Promise<Stop | null> {
  const before = store.parcels.get(id)!
  await change(id, { state: 'sending', tries: before.tries + 1 })
  try {
    await sendEvidence(id)
    if (store.parcels.get(id)!.state === 'sending') await sendRecord(id)
    return null
  } catch (error) {
    return settle(id, error)
  }
}

class AtGateway extends Error {
  constructor(readonly why: unknown) {
    super('the gateway')
  }
}

function atGateway<T>(packing: Promise<T>): Promise<T> {
  return packing.catch((error: unknown) => {
    throw new AtGateway(error)
  })
}

async function sendEvidence(id: string): Promise<void> {
  let parcel = store.parcels.get(id)!
  if (parcel.evidence.length === 0 && parcel.draft.papers.some((paper) => !paper.sent)) {
    parcel = await change(id, { evidence: await atGateway(packEvidence(parcel.draft)) })
  }
  const reasons: Reasons = []
  while (parcel.evidence.length > 0) {
    const { receipts } = await post('capture', '/evidence', { body: parcel.evidence[0]! })
    const kept = new Set(receipts.filter((one) => one.status === 'stored' || one.status === 'known').map((one) => one.digest))
    for (const { digest, status, reasons: said } of receipts) {
      const kind = parcel.draft.papers.find((paper) => paper.digest === digest)?.kind ?? 'evidence'
      if (status === 'refused') reasons.push(...said.map((reason) => ({ ...reason, field: kind })))
    }
    const papers = parcel.draft.papers.map((paper) => (kept.has(paper.digest) ? { ...paper, sent: true } : paper))
    parcel = await change(id, { draft: { ...parcel.draft, papers }, evidence: parcel.evidence.slice(1) })
  }
  if (reasons.length > 0) await change(id, { state: 'held', reasons })
}

async function sendRecord(id: string): Promise<void> {
  let parcel = store.parcels.get(id)!
  if (parcel.record === null) parcel = await change(id, { record: await atGateway(packRecord(parcel.draft)) })
  const answer = await post('capture', '/uploads', { body: parcel.record! })
  const found = answer.receipts.find((one) => one.record_id === id)
  // An answer about something else is none: what is not named as received is kept.
  if (found === undefined) throw new Unreachable(null)
  const receipt: Receipt = { status: found.status as Receipt['status'], version: found.version, at: new Date().toISOString() }
  if (receipt.status === 'refused') {
    const existing = found.existing_subject_id ? { existing: found.existing_subject_id } : {}
    await change(id, { state: 'held', record: null, receipt, reasons: found.reasons, ...existing })
  } else {
    await change(id, { state: 'received', record: null, receipt, reasons: found.reasons, draft: forReceipt(parcel.draft) })
  }
}

/** What a receipt still needs; everything else of a person leaves this page once capture has it. */
function forReceipt(draft: Draft): Draft {
  const kept = ['name', 'resident_number'].filter((name) => name in draft.fields)
  const fields = Object.fromEntries(kept.map((name) => [name, draft.fields[name]!]))
  return { ...draft, fields, sources: {}, typed: {}, known: null, reading: null, papers: [], interpreter: '', confirmation: null }
}

async function settle(id: string, error: unknown): Promise<Stop | null> {
  const gateway = error instanceof AtGateway
  const why: unknown = gateway ? error.why : error
  const waiting = async (stop: Stop, what: Partial<Parcel> = {}) => {
    await change(id, { state: 'waiting', ...what })
    return stop
  }
  if (why instanceof NotPaired) return waiting('gateway')
  if (why instanceof Unreachable) return waiting(gateway ? 'gateway' : 'services')
  if (!(why instanceof Problem)) {
    // A mistake of this page: the queue stands still, so that it does not turn in a circle.
    state.stop = await waiting('services')
    throw why
  }
  const stop = stopOf(why, gateway)
  if (stop !== null) return waiting(stop)
  const parcel = store.parcels.get(id)!
  if (STALE.some((rule) => why.has(rule)) && parcel.tries < 3) return waiting('services', { evidence: [], record: null })
  await change(id, { state: 'held', evidence: [], record: null, reasons: [...why.reasons] })
  return null
}

/** Whether a refusal is of the circumstances rather than of what was sent. */
function stopOf(why: Problem, gateway: boolean): Stop | null {
  if (why.status === 401) return gateway ? 'gateway' : 'sign-in'
  if (ELSEWHERE.some((rule) => why.has(rule))) return 'terminal'
  const later = why.status >= 500 || why.status === 408 || why.status === 429 || why.has('state-changed') || why.has('keys-unknown')
  return later ? (gateway ? 'gateway' : 'services') : null
}

/** Goes on by itself when the network or the sign-in is back, and warns before anything unsent is lost. */
export function watchQueue(): void {
  addEventListener('online', () => void sendNow())
  addEventListener('beforeunload', (event) => {
    if (unsent.value > 0) event.preventDefault()
  })
  watch(
    () => session.account?.expires_at,
    () => {
      if (onTheirWay.value.length > 0 && (state.stop === 'sign-in' || state.stop === 'terminal')) void sendNow()
    },
  )
}
