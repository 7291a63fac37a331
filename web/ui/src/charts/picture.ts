/** A chart as a picture that goes out of the page: with its name, what it shows and when above, and below
 * it what must stand on whatever leaves Muster (R77). */

export interface Lines {
  caption: string
  head: readonly string[]
  foot: readonly string[]
}

const [SCALE, PAD, LINE, SIZE] = [2, 16, 20, 13]

/** Text in lines that are no wider than `width`; broken at spaces, and where there is none anywhere, as
 * Chinese is. `measure` gives the width of a text in the same unit. */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of text.match(/[\u0021-\u024f]+\s*|\s+|./gu) ?? []) {
    if (line && measure((line + piece).trimEnd()) > width) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  return line.trim() ? [...lines, line.trimEnd()] : lines
}

/** A PNG of twice the drawing's size in CSS pixels, on the page's own ground; null where the browser has
 * no canvas off the page. */
export async function picture(drawn: SVGSVGElement, width: number, height: number, lines: Lines): Promise<Blob | null> {
  const image = await loaded(drawn)
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  const room = width - 2 * PAD
  const font = (weight: number) => `${weight} ${SIZE}px ${of('--font') || 'sans-serif'}`
  const ruler = new OffscreenCanvas(1, 1).getContext('2d')
  if (!ruler) return null
  const set = (text: string, weight: number, colour: string) => {
    ruler.font = font(weight)
    return wrapped(text, room, (part) => ruler.measureText(part).width).map((line) => ({ line, weight, colour }))
  }
  const above = [...set(lines.caption, 600, '--text'), ...lines.head.flatMap((text) => set(text, 400, '--text-2'))]
  const below = lines.foot.flatMap((text) => set(text, 400, '--text-2'))
  const tall = PAD + above.length * LINE + height + below.length * LINE + PAD
  const canvas = new OffscreenCanvas(width * SCALE, tall * SCALE)
  const context = canvas.getContext('2d')
  if (!context) return null
  context.scale(SCALE, SCALE)
  context.fillStyle = of('--surface')
  context.fillRect(0, 0, width, tall)
  context.textBaseline = 'middle'
  const write = (found: typeof above, from: number) =>
    found.forEach(({ line, weight, colour }, at) => {
      context.font = font(weight)
      context.fillStyle = of(colour)
      context.fillText(line, PAD, from + (at + 0.5) * LINE)
    })
  write(above, PAD)
  context.drawImage(image, 0, PAD + above.length * LINE, width, height)
  write(below, PAD + above.length * LINE + height)
  return canvas.convertToBlob({ type: 'image/png' })
}

async function loaded(drawn: SVGSVGElement): Promise<HTMLImageElement> {
  const source = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(drawn)], { type: 'image/svg+xml' }))
  const image = new Image()
  image.src = source
  await image.decode().finally(() => URL.revokeObjectURL(source))
  return image
}
