/** The form's rules without a screen; `golden` cases of tests/contracts hold them against the server's. */
export { canonical, NotCanonical } from './canonical'
export { evidenceDigest, newId, newSalt, recordDigest, type FormRecord } from './digests'
export { LEFT_TO_SERVER } from './kinds'
export { parseNumber, type ResidentNumber } from './number'
export { FormRules } from './rules'
export { tidy } from './tidy'
export type { AreasAnswer, Content, Field, FieldValue, Label, Need, Profile, Reason, Severity } from './types'
