/** How far two colours stand apart (WCAG 2.2, relative luminance and contrast ratio). */

/** Of a colour as `#1b5e9b`, or short as `#fff` (a build shortens): from 0, black, to 1, white. */
export function luminance(short: string): number {
  const colour = short.length === 4 ? short.replace(/[^#]/g, '$&$&') : short
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

/** From 1, the same, to 21, black on white; whichever comes first. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light! + 0.05) / (dark! + 0.05)
}
