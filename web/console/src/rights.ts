/** Roles by what they do in the console. */
import type { Some } from '@muster/ui'

export const FIGURES: Some = ['leader', 'township_leader', 'administrator']
export const REVIEW: Some = ['civil_affairs_reviewer', 'human_resources_reviewer']
/** Who sees by name who in their area stands in which state. */
export const NAMES: Some = ['township_leader']
/** Who sees which work orders there are; of collectors the desk takes care. */
export const ORDERS: Some = [...FIGURES, ...REVIEW]
/** Who may open the values of one. */
export const OPEN_ORDERS: Some = ['township_leader', 'administrator', ...REVIEW]
/** Who brings files in, gives grants and looks after what runs. */
export const ADMINISTER: Some = ['administrator']
/** Who sees how the readers of their desks are. */
export const TERMINALS: Some = ['administrator', 'township_leader']
/** Who sees how departments stand. */
export const DEPARTMENTS: Some = ORDERS
/** Who answers for a department; for which, its key says. */
export const ANSWER: Some = ['department_officer']
