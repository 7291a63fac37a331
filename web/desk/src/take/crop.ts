/** Where an identity photo is cut from a picture. Whole pixels of that picture throughout. */

export interface Size {
  width: number
  height: number
}

export interface Box extends Size {
  x: number
  y: number
}

/** An identity photo: 26 x 32 mm at 350 dpi (GA 461-2004, photos for resident identity cards). */
export const PORTRAIT: Size = { width: 358, height: 441 }
/** No photo is kept at more than twice that. */
const LARGEST = PORTRAIT.width * 2

const heightOf = (width: number) => Math.round((width * PORTRAIT.height) / PORTRAIT.width)

function within(box: Box, size: Size): Box {
  const kept = (at: number, length: number, of: number) => Math.max(0, Math.min(Math.round(at), of - length))
  return { ...box, x: kept(box.x, box.width, size.width), y: kept(box.y, box.height, size.height) }
}

/** The widest that fits, or null where the picture is smaller than an identity photo. */
function widest(size: Size): number | null {
  const width = Math.min(size.width, Math.floor((size.height * PORTRAIT.width) / PORTRAIT.height))
  return width < PORTRAIT.width ? null : width
}

/** The largest box in the middle; null where the picture is too small for an identity photo. */
export function firstCrop(size: Size): Box | null {
  const width = widest(size)
  if (width === null) return null
  const height = Math.min(heightOf(width), size.height)
  return within({ x: (size.width - width) / 2, y: (size.height - height) / 2, width, height }, size)
}

export function moved(box: Box, size: Size, right: number, down: number): Box {
  return within({ ...box, x: box.x + right, y: box.y + down }, size)
}

/** Wider or narrower about its middle, between an identity photo and what fits. */
export function widened(box: Box, size: Size, by: number): Box {
  const width = Math.max(PORTRAIT.width, Math.min(box.width + by, widest(size) ?? box.width))
  const height = Math.min(heightOf(width), size.height)
  return within({ x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height }, size)
}

/** The size at which a cut is kept. */
export function portraitSize(box: Box): Size {
  const width = Math.min(box.width, LARGEST)
  return { width, height: heightOf(width) }
}
