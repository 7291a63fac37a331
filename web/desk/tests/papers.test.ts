/** Papers of a draft: what is missing, what an earlier version had, and what is done by keyboard. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { evidenceDigest } from '@muster/ui/forms'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import { bytesOf } from '../src/take/picture'
import { added, arranged, earlierPapers, makePaper, removed } from '../src/take/papers'
import PapersPane from '../src/take/PapersPane.vue'
import type { Confirmation, Draft, Known } from '../src/work/model'
import { campaign, choose, draft, fakeCamera, fakePictures, JPEG, NEEDS, page, paper, press } from './taking'

enableAutoUnmount(afterEach)
beforeEach(async () => {
  fakePictures()
  fakeCamera()
  await campaign()
})
afterEach(() => vi.unstubAllGlobals())

const evidence = [{ digest: `sha256:${'b'.repeat(64)}`, kind: 'id_card', media_type: 'image/jpeg' }]
const known = { known: true, version: 1, record: { evidence } } as unknown as Known
const texts = (selector: string) => [...document.querySelectorAll(selector)].map((one) => one.textContent?.trim())

function open(of: Draft) {
  const changes: Draft[] = []
  const wrapper = page(PapersPane, { draft: of, needs: NEEDS, onChange: (changed: Draft) => changes.push(changed) })
  return { wrapper, changes }
}

describe('papers', () => {
  it('carry the digest by which capture knows them', async () => {
    const made = await makePaper('id_card', new Blob([JPEG], { type: 'image/jpeg' }))
    expect(made).toMatchObject({ kind: 'id_card', mediaType: 'image/jpeg', sent: false })
    expect(made.digest).toBe(await evidenceDigest(await bytesOf(made.content), 'image/jpeg', made.salt))
  })
  it('make a signature void', () => {
    const signed = draft({ confirmation: {} as Confirmation, papers: [paper('id_card')] })
    expect(added(signed, paper('merit')).confirmation).toBeNull()
    expect(removed(signed, signed.papers[0]!.id)).toMatchObject({ confirmation: null, papers: [] })
  })
  it('take the place of the one that was retaken; of photos of the person there is one', () => {
    const [photo, card] = [paper('portrait'), paper('id_card')]
    const held = draft({ papers: [photo, card] })
    const [photo2, card2, page2] = [paper('portrait', 'c'), paper('id_card', 'd'), paper('id_card', 'e')]
    expect(added(held, photo2).papers).toEqual([photo2, card])
    expect(added(held, card2, card.id).papers).toEqual([photo, card2])
    expect(added(held, page2).papers).toEqual([photo, card, page2])
  })
  it('of an earlier version are named by digest and kind, and never sent again', () => {
    expect(earlierPapers(known)).toMatchObject([{ digest: evidence[0]!.digest, kind: 'id_card', sent: true }])
    for (const none of [null, {}, { record: null }, { record: {} }, { record: { evidence: 'x' } }]) expect(earlierPapers(none as Known | null)).toEqual([])
  })
  it('stand with what asks for them, and what is only asked for stands apart', () => {
    const other = paper('household')
    const { must, may, others } = arranged(NEEDS, [paper('loss_proof'), other])
    expect(must.map((row) => [row.need.id, row.papers.length])).toEqual([['portrait', 0], ['identity_papers', 0], ['service_papers', 1]])
    expect(may.map((row) => row.need.id)).toEqual(['more_papers'])
    expect(others).toEqual([other])
  })
})

describe('the pane of papers', () => {
  it('says what is missing, and any of which serves', async () => {
    open(draft({ papers: [paper('portrait')] }))
    expect(document.body.textContent).toContain('还缺 2 项')
    expect(texts('.need .state')).toEqual(['已有', '还缺', '还缺', '可补充'])
    expect(texts('.need button')).toEqual(expect.arrayContaining(['拍退伍证', '拍遗失证明']))
    expect(texts('.need button')).toContain('重拍近期免冠照片')
    expect(await faults(document.body)).toEqual([])
  })
  it('takes a paper from its button to the draft', async () => {
    const { wrapper, changes } = open(draft())
    await wrapper.findAll('.need button').find((one) => one.text() === '拍身份证')!.trigger('click')
    await vi.waitFor(() => expect(document.querySelector('.stage')).not.toBeNull())
    await flushPromises()
    expect(await faults(document.body)).toEqual([])
    const stage = document.querySelector('.stage')!
    choose(document.querySelector('input[type=file]')!, new File([JPEG], 'a.jpg'))
    await vi.waitFor(() => expect(document.querySelector('.kept canvas')).not.toBeNull())
    await flushPromises()
    press(stage, 'Enter')
    await vi.waitFor(() => expect(changes).toHaveLength(1))
    expect(changes[0]!.papers).toMatchObject([{ kind: 'id_card', sent: false }])
    await vi.waitFor(() => expect(document.querySelector('.stage')).toBeNull())
  })
  it('keeps papers of the last version without fetching them, and looks only when asked', async () => {
    const { wrapper, changes } = open(draft({ known }))
    const asked = vi.mocked(fetch).mock.calls.length
    expect(document.querySelector('img')).toBeNull()
    await wrapper.get('[aria-label="沿用身份证"]').trigger('click')
    expect(changes[0]!.papers).toMatchObject([{ digest: evidence[0]!.digest, sent: true }])
    expect(document.activeElement).toBe(document.getElementById('papers-heading'))
    await wrapper.get('[aria-label="查看身份证"]').trigger('click')
    await vi.waitFor(() => expect(document.querySelector('img')?.getAttribute('src')).toContain('/evidence/sha256%3Abbb'))
    const image = document.querySelector('img')!
    Object.defineProperties(image, { naturalWidth: { value: 400 }, naturalHeight: { value: 300 } })
    image.dispatchEvent(new Event('load'))
    press(document.querySelector('.stage')!, 'r')
    press(document.querySelector('.stage')!, '+')
    await flushPromises()
    // What scrolls is a box of the turned paper's size, which the picture fills once it is turned.
    expect(image.style.transform).toContain('rotate(90deg)')
    expect(image.parentElement!.style.width).toBe('150%')
    expect(Number.parseFloat(image.style.width)).toBeCloseTo((400 / 300) * 100)
    expect(Number.parseFloat(image.style.height)).toBeCloseTo((300 / 400) * 100)
    expect(await faults(document.body)).toEqual([])
    expect(vi.mocked(fetch).mock.calls).toHaveLength(asked)
  })
  it('removes a paper and leaves the focus where it was needed', async () => {
    const { wrapper, changes } = open(draft({ papers: [paper('id_card')] }))
    await wrapper.get('[aria-label="移除身份证"]').trigger('click')
    expect(changes[0]!.papers).toEqual([])
    expect(document.activeElement?.textContent).toBe('身份证')
  })
})
