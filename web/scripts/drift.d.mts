export function stamped(service: string, document: string, types: string): string
export function drift(web: string): string[]
