/** Pictures as capture takes them. Each is decoded here and written anew as a JPEG, so that only what
 * is seen goes along: no place where it was taken, no comment, no script. */
import type { Box, Size } from './crop'

/** Bytes of one piece of evidence that capture takes. */
export const PIECE_BYTES = 4 * 1024 * 1024
/** Bytes of a file that is opened at all; what scanners and telephones make is well below. */
export const FILE_BYTES = 32 * 1024 * 1024
/** The short side of A4 at 150 dpi: below it, small print on a whole page cannot be read. */
export const LEGIBLE = 1240
/** The long side of A4 at 300 dpi. */
const LONGEST = 3508
const QUALITIES = [0.9, 0.8, 0.65, 0.5]
const MAGIC: Record<string, number[]> = { 'image/jpeg': [0xff, 0xd8, 0xff], 'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }

/** Why a picture is not taken; the word is that of the catalogue under `take.no`. */
export class NoPicture extends Error {
  constructor(readonly why: 'type' | 'large' | 'broken' | 'small' | 'heavy') {
    super(why)
  }
}

/** The bytes of a blob. */
export function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer))
    reader.onerror = () => reject(new NoPicture('broken'))
    reader.readAsArrayBuffer(blob)
  })
}

/** Decodes a JPEG or PNG; what its name and its sender say of it does not count. Throws NoPicture. */
export async function readPicture(file: Blob): Promise<ImageBitmap> {
  if (file.size > FILE_BYTES) throw new NoPicture('large')
  const head = await bytesOf(file.slice(0, 8))
  const found = Object.entries(MAGIC).find(([, magic]) => magic.every((byte, at) => head[at] === byte))
  if (found === undefined) throw new NoPicture('type')
  try {
    return await createImageBitmap(file.slice(0, file.size, found[0]))
  } catch {
    throw new NoPicture('broken')
  }
}

/** A part of a picture on a canvas of this size. */
export function drawn(source: CanvasImageSource, box: Box, size: Size): HTMLCanvasElement {
  const { canvas, pen } = blank(size)
  pen.drawImage(source, box.x, box.y, box.width, box.height, 0, 0, size.width, size.height)
  return canvas
}

/** A picture a quarter turned to the right. */
export function turned(source: CanvasImageSource & Size): HTMLCanvasElement {
  const { canvas, pen } = blank({ width: source.height, height: source.width })
  pen.translate(source.height, 0)
  pen.rotate(Math.PI / 2)
  pen.drawImage(source, 0, 0)
  return canvas
}

function blank(size: Size): { canvas: HTMLCanvasElement; pen: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas')
  canvas.width = size.width
  canvas.height = size.height
  const pen = canvas.getContext('2d')
  if (pen === null) throw new NoPicture('large')
  // What was transparent would turn black in a JPEG.
  pen.fillStyle = 'white'
  pen.fillRect(0, 0, size.width, size.height)
  pen.imageSmoothingQuality = 'high'
  return { canvas, pen }
}

/** The size at which a whole paper is kept. */
export function paperSize({ width, height }: Size): Size {
  const by = Math.min(1, LONGEST / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) }
}

/** Whether a page of A4 that fills the picture can be read. */
export function legible({ width, height }: Size): boolean {
  return Math.min(width, height) >= LEGIBLE
}

/** As a JPEG that capture takes, as good as fits. Throws NoPicture. */
export async function toJpeg(canvas: HTMLCanvasElement, limit = PIECE_BYTES): Promise<Blob> {
  for (const quality of QUALITIES) {
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
    if (blob === null) throw new NoPicture('broken')
    if (blob.size <= limit) return blob
  }
  throw new NoPicture('heavy')
}
