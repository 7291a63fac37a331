/** What beats what when a person is opened, and what stands in the way (R53, R55, R60). */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { atHand, closedEntry, decide, expired, withReading } from '../src/form/opening'
import { newDraft, sourceOf } from '../src/work/drafts'
import type { Draft, Known, Parcel } from '../src/work/model'
import { createMemoryStore } from '../src/work/store'
import { campaign, golden, known, reading } from './golden'

const { fields } = golden('tongren').bases[0]!
const text = (name: string) => String(fields[name])
const NUMBER = text('resident_number')
const CARD = reading({ name: text('name'), resident_number: NUMBER, household_address: '卡上的地址1号', valid_until: '2025-03-01', photo: 'AAAA' })

beforeEach(async () => {
  await campaign('tongren')
  return () => vi.unstubAllGlobals()
})

describe('a draft', () => {
  it('takes the card before the baseline, and the newest record before the baseline', () => {
    const record = { record: { categories: ['transferred_officer'], fields: { ...fields, phone: '13900000000' } }, evidence: [] }
    const draft = newDraft(known({ ...fields, phone: '13800000000', name: '老名字' }, { version: 2, record }), CARD)
    expect(draft.fields.household_address).toBe('卡上的地址1号')
    expect(draft.fields.phone).toBe('13900000000')
    expect(draft.sources).toMatchObject({ household_address: 'chip', name: 'chip', phone: 'typed', sex: 'baseline' })
    expect(draft).toMatchObject({ baseVersion: 2, isNew: false, categories: ['transferred_officer'] })
    expect(draft.fields).not.toHaveProperty('photo')
  })

  it('of somebody unknown is new, with the number as typed', () => {
    const draft = newDraft({ known: false } as Known, NUMBER)
    expect(draft).toMatchObject({ isNew: true, baseVersion: 0, fields: { resident_number: NUMBER }, sources: { resident_number: 'typed' } })
  })

  it('of somebody known has the number as typed where it was typed, as the card’s or the baseline’s where it was not', () => {
    const sources = [NUMBER, CARD, null].map((from) => newDraft(known(fields), from).sources)
    expect(sources.map((one) => one.resident_number)).toEqual(['typed', 'chip', 'baseline'])
    expect(sources.map((one) => one.sex)).toEqual(['baseline', 'baseline', 'baseline'])
  })

  it('of somebody whom a list named opens under the number of their newest record', () => {
    const record = { record: { categories: [], fields: { ...fields, resident_number: 'corrected' } }, evidence: [] }
    const draft = newDraft(known(fields, { version: 2, record }), null)
    expect([draft.fields.resident_number, draft.sources.resident_number]).toEqual(['corrected', 'typed'])
  })

  it('of somebody without a number has none, and not an empty one', () => {
    const without = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'resident_number'))
    expect(newDraft(known(without), null).fields).not.toHaveProperty('resident_number')
  })
})

describe('a card that comes later', () => {
  const draft = (): Draft => ({ ...newDraft(known({ ...fields, household_address: '初始的地址' }), NUMBER), confirmation: { digest: 'x' } as never })

  it('beats the baseline, leaves what was typed, and voids a confirmation of other values', () => {
    const typed = { ...draft(), fields: { ...draft().fields, name: '有意改的' }, sources: { ...draft().sources, name: 'typed' as const } }
    const after = withReading(typed, CARD)
    expect(after.fields).toMatchObject({ household_address: '卡上的地址1号', name: '有意改的' })
    expect(after.sources).toMatchObject({ household_address: 'chip', name: 'typed', resident_number: 'chip' })
    expect(after.confirmation).toBeNull()
  })

  it('that says the same voids nothing', () => {
    const after = withReading(draft(), reading({ name: text('name'), resident_number: NUMBER }))
    expect(after.confirmation).not.toBeNull()
    expect(after.sources.name).toBe('chip')
  })

  it('takes its name from what an earlier reading said and it does not', () => {
    const after = withReading(withReading(draft(), CARD), reading({ name: text('name'), resident_number: NUMBER }))
    expect(after.sources.household_address).toBe('typed')
  })
})

it('a value that is typed and is the card’s is the card’s again', () => {
  expect([sourceOf('a', 'a', 'a'), sourceOf('a', 'b', 'a'), sourceOf('a', undefined, undefined), sourceOf(['a'], undefined, ['a'])]).toEqual(['chip', 'baseline', 'typed', 'baseline'])
  expect([sourceOf('a', 'a', 'a', true), sourceOf('a', undefined, 'a', true)]).toEqual(['chip', 'typed'])
})

describe('what stands in the way', () => {
  const store = createMemoryStore()
  const entry = (state: string) => ({ village: text('household_area'), origin: 'baseline', state }) as never

  it.each([
    ['open', null], ['collected', null], ['declined', 'declined'], ['dead_before', 'dead_before'], ['moved_out', 'moved_out'],
  ])('of one entry that is %s: %s', (state, closed) => {
    expect(closedEntry(known(fields, { entries: [entry(state)] }))?.state ?? null).toBe(closed)
  })

  it('is nothing for who moved from one village to another', () => {
    expect(closedEntry(known(fields, { entries: [entry('moved_out'), entry('open')] }))).toBeNull()
  })

  it('is said of who is elsewhere, closed or merged', () => {
    expect(decide({ known: true, elsewhere: true, subject_id: 'x', version: 3 } as Known, NUMBER, store).kind).toBe('elsewhere')
    expect(decide(known(fields, { entries: [entry('declined')] }), NUMBER, store).kind).toBe('closed')
    expect(decide(known(fields, { entries: [entry('merged')], merged_into: 'y' }), NUMBER, store)).toMatchObject({ kind: 'merged', into: 'y' })
  })

  it('is not a draft of the same person, which goes on with the card', async () => {
    const own = createMemoryStore()
    const draft = newDraft(known(fields), NUMBER)
    await own.saveDraft(draft)
    const found = atHand(CARD, own)
    expect(found).toMatchObject({ kind: 'draft', draft: { id: draft.id, sources: { name: 'chip' } } })
    expect(decide(known(fields), NUMBER, own)).toMatchObject({ kind: 'draft', draft: { id: draft.id } })
  })

  it('is a record of the same person that has no receipt yet', async () => {
    const own = createMemoryStore()
    const draft = newDraft(known(fields), NUMBER)
    await own.handIn({ id: draft.id, draft, state: 'waiting' } as Parcel)
    expect(atHand(NUMBER, own)?.kind).toBe('under-way')
    await own.saveParcel({ id: draft.id, draft, state: 'received' } as Parcel)
    expect(atHand(NUMBER, own)).toBeNull()
  })
})

it('a card is out of date the day after, and never where it is for ever', () => {
  const until = (valid_until: string) => reading({ valid_until })
  expect([expired(until('2025-03-01'), '2025-03-01'), expired(until('2025-03-01'), '2025-03-02'), expired(until('长期'), '2030-01-01'), expired(null, '2030-01-01')]).toEqual([false, true, false, false])
})
