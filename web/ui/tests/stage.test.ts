import { describe, expect, it } from 'vitest'
import { laid } from '../src/components/stage'

describe('a paper on its stage', () => {
  const wide = { width: 400, height: 300 }

  it('is as wide as the stage times the zoom, whichever way it is turned', () => {
    for (const zoom of [1, 1.5, 4]) for (const quarters of [0, 1, 2, 3, 5]) expect(laid(wide, zoom, quarters, 600).box.width).toBe(600 * zoom)
  })

  it('has the height of what it is when it is turned', () => {
    expect(laid(wide, 2, 0, 600).box).toEqual({ width: 1200, height: 900 })
    expect(laid(wide, 2, 1, 600).box).toEqual({ width: 1200, height: 1600 })
    expect(laid(wide, 2, 2, 600).box).toEqual({ width: 1200, height: 900 })
    expect(laid({ width: 300, height: 400 }, 1, 3, 600).box).toEqual({ width: 600, height: 450 })
  })

  it('fills its box to each edge once it is turned, and is not distorted', () => {
    for (const quarters of [0, 1, 2, 3]) {
      const { box, picture } = laid(wide, 2.5, quarters, 600)
      const [across, down] = quarters % 2 ? [picture.height, picture.width] : [picture.width, picture.height]
      expect([across, down]).toEqual([box.width, box.height])
      expect(picture.width / picture.height).toBeCloseTo(wide.width / wide.height)
    }
  })
})
