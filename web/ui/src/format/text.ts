/** Texts of records as they are shown. */

/** The first 3 and the last 4 signs of what is sensitive; short ones show nothing. */
export function masked(value: string): string {
  const signs = [...value]
  if (signs.length <= 7) return '*'.repeat(signs.length)
  return [...signs.slice(0, 3), '*'.repeat(signs.length - 7), ...signs.slice(-4)].join('')
}

/** A resident number in groups of 6, 8 and 4, as it is read aloud; others stay as they are. */
export function grouped(number: string): string {
  return /^[\d*]{17}[\dX*]$/.test(number)
    ? `${number.slice(0, 6)} ${number.slice(6, 14)} ${number.slice(14)}`
    : number
}

export interface Piece {
  text: string
  differs: boolean
}

/**
 * What of `ours` is not in `theirs`, sign by sign (longest common subsequence), to be underlined.
 * Long texts, whose table would be large, differ as a whole.
 */
export function differing(ours: string, theirs: string): Piece[] {
  const [a, b] = [[...ours], [...theirs]]
  if (ours === theirs || a.length * b.length > 40_000) return a.length ? [{ text: ours, differs: ours !== theirs }] : []
  const width = b.length + 1
  const longest = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
    }
  }
  const pieces: Piece[] = []
  const add = (text: string, differs: boolean) => {
    const last = pieces.at(-1)
    if (last?.differs === differs) last.text += text
    else pieces.push({ text, differs })
  }
  let [i, j] = [0, 0]
  while (i < a.length) {
    if (j < b.length && a[i] === b[j]) {
      add(a[i]!, false)
      i += 1
      j += 1
    } else if (j < b.length && longest[i * width + j + 1]! > longest[(i + 1) * width + j]!) j += 1
    else {
      add(a[i]!, true)
      i += 1
    }
  }
  return pieces
}

/** Pieces of a sensitive text as `masked` shows it, each still with its mark. */
export function maskedPieces(pieces: readonly Piece[]): Piece[] {
  const signs = [...masked(pieces.map((piece) => piece.text).join(''))]
  return pieces.map(({ text, differs }) => ({ text: signs.splice(0, [...text].length).join(''), differs }))
}

/** Cells as a CSV file that spreadsheets open in UTF-8; a cell that would be a formula stays text. */
export function csv(rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => {
    if (typeof value === 'number') return String(value)
    const text = /^[=+\-@\t\r]/.test(value ?? '') && value !== '—' ? `'${value}` : (value ?? '')
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}
