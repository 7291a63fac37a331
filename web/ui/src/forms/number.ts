/** The resident number of GB 11643, its 15-digit predecessor, and the permits that look like it. */
import { span } from './days'

export interface ResidentNumber {
  form: '18' | '15' | 'permit' | 'foreigner'
  /** ISO text; of 15 digits, which carry no century, in the 1900s. */
  birth: string
  /** A code of GB/T 2261.1; null where the number does not say. */
  sex: '1' | '2' | null
  /** Six digits of GB/T 2260, of the table in force when it was issued. */
  area: string
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** The check character of the first 17 digits, by ISO 7064 MOD 11-2. */
export function checkDigit(first17: string): string {
  const sum = WEIGHTS.reduce((all, weight, at) => all + weight * Number(first17[at]), 0)
  return '10X98765432'[sum % 11]!
}

/** Reads a number exactly as it stands, or names the rule that it breaks. */
export function parseNumber(text: string): ResidentNumber | { rule: string } {
  const length = [...text].length
  if (length === 15) return parseShort(text)
  if (length !== 18) return { rule: 'number-length' }
  if (!/^[0-9]{17}[0-9X]$/.test(text)) return { rule: 'number-format' }
  if (text.startsWith('0')) return { rule: 'number-area' }
  const birth = day(text.slice(6, 14))
  if (birth === null) return { rule: 'number-date' }
  if (checkDigit(text) !== text[17]) return { rule: 'number-check-digit' }
  const area = text.slice(0, 6)
  if (area.startsWith('9')) return { form: 'foreigner', birth, sex: null, area }
  return { form: /^8[123]/.test(area) ? 'permit' : '18', birth, sex: sexOf(text[16]!), area }
}

function parseShort(text: string): ResidentNumber | { rule: string } {
  if (!/^[0-9]{15}$/.test(text)) return { rule: 'number-format' }
  if (/^[089]/.test(text)) return { rule: 'number-area' }
  const birth = day(`19${text.slice(6, 12)}`)
  if (birth === null) return { rule: 'number-date' }
  return { form: '15', birth, sex: sexOf(text[14]!), area: text.slice(0, 6) }
}

function day(digits: string): string | null {
  return span(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`)?.earliest ?? null
}

function sexOf(digit: string): '1' | '2' {
  return Number(digit) % 2 ? '1' : '2'
}
