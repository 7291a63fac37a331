/** What is typed, without what is harmless, as a baseline workbook is read (`muster.forms.baseline`).
    What remains wrong stays as it is, so that the check can refuse it. */
import type { Field, FieldValue } from './types'

const UNSEEN = /\p{Cf}|[\u180b-\u180d\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu
const CLEAR_DOTS = /[\u2022\u30fb\uff65\u2027\u2219\u22c5\ua78f\u16eb\u2e31\u2e33]/g
// Full-width digits and Latin letters only: full-width punctuation belongs to Chinese text.
const WIDE = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/g
// With \u5e74 year, \u6708 month and \u65e5 day, as they are written after each.
const DATE_FORMS = [
  /^([0-9]{4})([0-9]{2})([0-9]{2})$/,
  // Of six digits only what is a month of these centuries: 691203 is no June of 6912.
  /^((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])$/,
  /^([0-9]{4})[-/.\u5e74]([0-9]{1,2})(?:[-/.\u6708](?:([0-9]{1,2})\u65e5?)?)?$/,
  /^([0-9]{4})\u5e74?$/,
]

/** What is chosen from a list and not typed is only trimmed. */
export function tidy(field: Field, text: string): FieldValue {
  switch (field.type) {
    case 'text':
      return words(text)
    case 'date':
    case 'partial_date':
      return date(text)
    case 'integer':
      return /^-?[0-9]{1,9}$/.test(packed(text)) ? Number(packed(text)) : packed(text)
    case 'resident_number':
    case 'decimal':
    case 'phone':
      return packed(text)
    default:
      return text.trim()
  }
}

/** One space where there were several; a text of several lines keeps them. */
function words(text: string): string {
  const plain = text.replace(UNSEEN, '').replace(WIDE, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
  return plain
    .replace(CLEAR_DOTS, '·')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim()
}

/** Half-width, without any space. */
function narrow(text: string): string {
  return text.replace(UNSEEN, '').normalize('NFKC').replace(/\s+/g, '')
}

function packed(text: string): string {
  return narrow(text).replace(CLEAR_DOTS, '·').toUpperCase()
}

function date(text: string): string {
  const plain = narrow(text)
  const match = DATE_FORMS.map((form) => form.exec(plain)).find((found) => found !== null)
  if (!match) return plain
  const [, year, ...rest] = match
  return [year, ...rest.filter((part) => part !== undefined).map((part) => part.padStart(2, '0'))].join('-')
}
