/** One control for each kind of field. A kind without one does not compile. */
import type { Field } from '@muster/ui/forms'
import type { Component } from 'vue'
import AreaControl from './AreaControl.vue'
import BooleanControl from './BooleanControl.vue'
import ChoicesControl from './ChoicesControl.vue'
import OptionControl from './OptionControl.vue'
import TypedControl from './TypedControl.vue'

export const CONTROLS: Readonly<Record<Field['type'], Component>> = {
  text: TypedControl,
  date: TypedControl,
  partial_date: TypedControl,
  resident_number: TypedControl,
  phone: TypedControl,
  integer: TypedControl,
  decimal: TypedControl,
  code: OptionControl,
  choice: OptionControl,
  choices: ChoicesControl,
  area: AreaControl,
  boolean: BooleanControl,
}

/** Controls of several inputs have a legend in place of a label. */
export const GROUPS: ReadonlySet<Field['type']> = new Set(['choices', 'boolean'])
