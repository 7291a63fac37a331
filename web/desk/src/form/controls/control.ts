/** What every control is told and what it tells. */
import type { Field, FieldValue } from '@muster/ui/forms'

export interface ControlProps {
  field: Field
  /** Id of the input, or of the first of several. */
  input: string
  value: FieldValue | undefined
  /** What was typed and is no value. */
  typed: string | undefined
  required: boolean
  invalid: boolean
  describedBy: string | undefined
}

export interface ControlEmits {
  set: [value: FieldValue | null]
  put: [text: string]
}
