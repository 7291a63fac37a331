/** Signs that this computer has no picture of: shown with their code, never as an empty box. */

const SIZE = 24
/** Every font for Chinese has these; only of the others is it asked. */
const COMMON = /[\p{ASCII}\u00a0-\u303f\u4e00-\u9fa5\uff00-\uffef]/u
/** No font has a picture of this one. */
const NOBODYS = '\u{10fffe}'
const known = new Map<string, boolean>()
let canvas: CanvasRenderingContext2D | null | undefined

function picture(sign: string): string | null {
  if (canvas === undefined) {
    const made = document.createElement('canvas')
    made.width = made.height = SIZE
    canvas = 'CanvasRenderingContext2D' in globalThis ? made.getContext('2d', { willReadFrequently: true }) : null
  }
  if (canvas === null) return null
  canvas.clearRect(0, 0, SIZE, SIZE)
  canvas.font = `16px ${getComputedStyle(document.documentElement).getPropertyValue('--font-name') || 'sans-serif'}`
  canvas.fillText(sign, 2, 18)
  return canvas.getImageData(0, 0, SIZE, SIZE).data.join()
}

function drawn(sign: string): boolean {
  if (COMMON.test(sign)) return true
  const held = known.get(sign)
  if (held !== undefined) return held
  const found = picture(sign)
  const sure = found !== null && found !== picture(NOBODYS)
  known.set(sign, sure)
  return sure
}

/** The signs of a text for which no picture is at hand, each once, as U+20BB7. */
export function undrawn(text: string): string[] {
  const codes = [...text].filter((sign) => !drawn(sign)).map((sign) => `U+${sign.codePointAt(0)!.toString(16).toUpperCase()}`)
  return [...new Set(codes)]
}
