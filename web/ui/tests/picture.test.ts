// What a chart's picture carries with it when it leaves the page.
import { afterEach, expect, it, vi } from 'vitest'
import { picture, wrapped } from '../src/charts/picture'

const wide = (text: string) => [...text].length * 10

it('breaks lines at spaces, and Chinese anywhere, and loses nothing', () => {
  expect(wrapped('no basis for any benefit', 100, wide)).toEqual(['no basis', 'for any', 'benefit'])
  expect(wrapped('采集数据不作为享受优抚待遇的依据', 100, wide)).toEqual(['采集数据不作为享受优', '抚待遇的依据'])
  expect(wrapped('', 100, wide)).toEqual([])
  expect(wrapped('unbreakably-long', 50, wide)).toEqual(['unbreakably-long'])
})

afterEach(() => vi.unstubAllGlobals())

it('names what it shows, when it is from, and that it is no basis for benefits (R77)', async () => {
  const written: [string, number][] = []
  const drawn: number[][] = []
  const sizes: number[][] = []
  class Canvas {
    constructor(width: number, height: number) {
      sizes.push([width, height])
    }
    getContext() {
      return {
        measureText: (text: string) => ({ width: wide(text) }),
        scale: vi.fn(),
        fillRect: vi.fn(),
        fillText: (text: string, _x: number, y: number) => written.push([text, y]),
        drawImage: (_image: unknown, ...place: number[]) => drawn.push(place),
      }
    }
    async convertToBlob() {
      return new Blob(['png'])
    }
  }
  vi.stubGlobal('OffscreenCanvas', Canvas)
  vi.stubGlobal('Image', class { src = ''; async decode() {} })
  URL.createObjectURL = () => 'blob:drawing'
  URL.revokeObjectURL = () => undefined
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const lines = { caption: 'Balance', head: ['Tongren', 'As of now'], foot: ['No basis for any benefit'] }
  expect(await picture(svg, 600, 200, lines)).toBeInstanceOf(Blob)
  expect(written.map(([text]) => text)).toEqual(['Balance', 'Tongren', 'As of now', 'No basis for any benefit'])
  const [, top, , tall] = drawn[0]!
  // Nothing is written over the drawing, and all of it is on the picture.
  expect(written.filter(([, y]) => y > top! && y < top! + tall!)).toEqual([])
  expect(Math.max(...written.map(([, y]) => y)) * 2).toBeLessThan(sizes.at(-1)![1]!)
})
