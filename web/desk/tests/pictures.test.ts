/** Pictures: what is taken, cut and turned; a camera that is on only while it is looked at. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import { firstCrop, moved, PORTRAIT, portraitSize, widened } from '../src/take/crop'
import { bytesOf, legible, NoPicture, paperSize, readPicture, toJpeg } from '../src/take/picture'
import TakePicture from '../src/take/TakePicture.vue'
import { choose, fakeCamera, fakePictures, JPEG, page, press, screen, show, tracks } from './taking'

enableAutoUnmount(afterEach)
beforeEach(() => fakePictures())
afterEach(() => vi.unstubAllGlobals())

describe('an identity photo is cut', () => {
  const size = { width: 1920, height: 1080 }

  it('from the middle, as large as fits, in the shape of an identity photo', () => {
    const box = firstCrop(size)!
    expect(box.height).toBeLessThanOrEqual(1080)
    expect(box.height).toBeGreaterThan(1077)
    expect(box.width / box.height).toBeCloseTo(PORTRAIT.width / PORTRAIT.height, 2)
    expect(Math.abs(box.x + box.width / 2 - 960)).toBeLessThanOrEqual(1)
  })
  it('never beyond the picture, never smaller than such a photo', () => {
    const box = firstCrop(size)!
    expect(moved(box, size, -9999, 9999)).toMatchObject({ x: 0, y: 1080 - box.height })
    expect(moved(box, size, 1, 0).x).toBe(box.x + 1)
    const small = widened(box, size, -9999)
    expect([small.width, small.height]).toEqual([358, 441])
    expect(widened(small, size, 9999).width).toBe(box.width)
    expect(firstCrop({ width: 357, height: 2000 })).toBeNull()
    expect(firstCrop({ width: 358, height: 441 })).toEqual({ x: 0, y: 0, width: 358, height: 441 })
  })
  it('and kept at most twice as large', () => {
    expect(portraitSize({ x: 0, y: 0, width: 358, height: 441 })).toEqual({ width: 358, height: 441 })
    expect(portraitSize({ x: 0, y: 0, width: 2000, height: 2464 })).toEqual({ width: 716, height: 882 })
  })
})

describe('a file', () => {
  const file = (bytes: BlobPart, name: string, type: string) => new File([bytes], name, { type })

  it.each([
    ['a drawing with a script', file('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'photo.jpg', 'image/jpeg')],
    ['HEIC', file(new Uint8Array([0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70]), 'photo.heic', 'image/heic')],
    ['a PDF', file('%PDF-1.7', 'paper.png', 'image/png')],
    ['nothing', file('', 'empty.png', 'image/png')],
  ])('that is %s is refused whatever it is called', async (_, bad) => {
    await expect(readPicture(bad)).rejects.toMatchObject({ why: 'type' })
    expect(createImageBitmap).not.toHaveBeenCalled()
  })
  it('is decoded as what its bytes are', async () => {
    await readPicture(file(JPEG, '<img src=x>.svg', 'image/svg+xml'))
    expect(vi.mocked(createImageBitmap).mock.calls[0]![0]).toMatchObject({ type: 'image/jpeg' })
  })
  it('that is too large or damaged is refused', async () => {
    const large = file(JPEG, 'a.jpg', 'image/jpeg')
    Object.defineProperty(large, 'size', { value: 33 * 1024 * 1024 })
    await expect(readPicture(large)).rejects.toMatchObject({ why: 'large' })
    vi.mocked(createImageBitmap).mockRejectedValue(new Error('no'))
    await expect(readPicture(file(JPEG, 'a.jpg', 'image/jpeg'))).rejects.toBeInstanceOf(NoPicture)
  })
})

describe('a paper', () => {
  it('is kept at most as A4 at 300 dpi, and doubted below 150', () => {
    expect(paperSize({ width: 7016, height: 4960 })).toEqual({ width: 3508, height: 2480 })
    expect(paperSize({ width: 1920, height: 1080 })).toEqual({ width: 1920, height: 1080 })
    expect(legible({ width: 1754, height: 1240 })).toBe(true)
    expect(legible({ width: 1920, height: 1080 })).toBe(false)
  })
  it('is compressed until capture takes it, or refused', async () => {
    const tried: number[] = []
    vi.mocked(HTMLCanvasElement.prototype.toBlob).mockImplementation((done, type, quality) => {
      tried.push(quality as number)
      done(new Blob(['x'.repeat(quality! > 0.7 ? 101 : 100)], { type: type! }))
    })
    expect((await toJpeg(document.createElement('canvas'), 100)).size).toBe(100)
    expect(tried).toEqual([0.9, 0.8, 0.65])
    await expect(toJpeg(document.createElement('canvas'), 99)).rejects.toMatchObject({ why: 'heavy' })
  })
})

describe('the camera', () => {
  const stage = () => document.getElementById('stage')!
  const open = async (portrait: boolean) => {
    const taken: Blob[] = []
    const wrapper = page(TakePicture, { portrait, paper: '身份证', stageId: 'stage', onTaken: (picture: Blob) => taken.push(picture) })
    await flushPromises()
    return { wrapper, taken }
  }

  it('takes by Space, is off while the picture is looked at, and Enter uses it', async () => {
    fakeCamera()
    const { wrapper, taken } = await open(true)
    expect(await faults(document.body)).toEqual([])
    press(stage(), ' ', { isComposing: true })
    await flushPromises()
    expect(tracks[0]!.stop).not.toHaveBeenCalled()
    press(stage(), ' ')
    await flushPromises()
    expect(tracks[0]!.stop).toHaveBeenCalled()
    expect(document.activeElement).toBe(stage())
    expect(await faults(document.body)).toEqual([])
    const before = wrapper.get('.crop').attributes('style')
    press(stage(), 'ArrowLeft', { shiftKey: true })
    await flushPromises()
    expect(wrapper.get('.crop').attributes('style')).not.toBe(before)
    press(stage(), 'Enter')
    await flushPromises()
    expect(new TextDecoder().decode((await bytesOf(taken[0]!)).slice(JPEG.length))).toBe('716x882')
  })
  it('takes nothing before its first picture is there', async () => {
    fakeCamera()
    Object.defineProperty(HTMLVideoElement.prototype, 'readyState', { configurable: true, value: 0 })
    const { wrapper } = await open(false)
    press(stage(), ' ')
    await flushPromises()
    expect(tracks[0]!.stop).not.toHaveBeenCalled()
    wrapper.get('video').element.dispatchEvent(new Event('loadeddata'))
    await flushPromises()
    press(stage(), ' ')
    await flushPromises()
    expect(tracks[0]!.stop).toHaveBeenCalled()
  })
  it('comes on again after Esc, and Esc then goes no further', async () => {
    fakeCamera()
    await open(false)
    press(stage(), ' ')
    await flushPromises()
    expect(document.body.textContent).toContain('150 dpi')
    const above = vi.fn()
    document.addEventListener('keydown', above)
    press(stage(), 'Escape')
    await flushPromises()
    expect(above).not.toHaveBeenCalled()
    expect(tracks).toHaveLength(2)
    press(stage(), 'Escape')
    expect(above).toHaveBeenCalled()
    document.removeEventListener('keydown', above)
  })
  it('is off when the page is left, also while it was still being asked for', async () => {
    fakeCamera()
    const { wrapper } = await open(false)
    wrapper.unmount()
    expect(tracks[0]!.stop).toHaveBeenCalled()
    show(TakePicture, { portrait: false, paper: '', stageId: 'stage' }).unmount()
    await flushPromises()
    expect(tracks[1]!.stop).toHaveBeenCalled()
  })
  it.each([
    ['NotAllowedError', '没有允许使用摄像头'],
    ['NotFoundError', '没有找到摄像头'],
    ['NotReadableError', '摄像头打不开'],
  ])('that does not come (%s) is explained, and a file still serves', async (error, words) => {
    fakeCamera(error)
    const { wrapper, taken } = await open(false)
    expect(wrapper.text()).toContain(words)
    expect(await faults(document.body)).toEqual([])
    choose(wrapper.get('input[type=file]').element, new File([JPEG], '<img src=x onerror=alert(1)>.jpg'))
    await vi.waitFor(() => expect(wrapper.find('.kept canvas').exists()).toBe(true))
    await flushPromises()
    press(stage(), 'r')
    await flushPromises()
    press(stage(), 'Enter')
    await flushPromises()
    expect(new TextDecoder().decode((await bytesOf(taken[0]!)).slice(JPEG.length))).toBe('1080x1920')
    expect(wrapper.html()).not.toContain('onerror')
  })
  it('or a file that is too small for a photo of the person says so', async () => {
    fakeCamera()
    const { wrapper, taken } = await open(true)
    Object.assign(screen, { width: 300, height: 400 })
    choose(wrapper.get('input[type=file]').element, new File([JPEG], 'a.jpg'))
    await vi.waitFor(() => expect(wrapper.get('[role=alert]').text()).toContain('358×441'))
    expect(taken).toEqual([])
  })
})
