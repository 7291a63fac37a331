export function flatten(tree: object, above?: string): [string, string][]
export function compare(zh: object, en: object, name: string): string[]
export function usage(keys: Set<string>, sources: [string, string][]): { faults: string[]; used: Set<string> }
