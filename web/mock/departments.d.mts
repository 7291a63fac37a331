type Answered = readonly [status: number, body: unknown]
export function departments(tools: object, held: object, county: string): (method: string, path: string, query: URLSearchParams, body: unknown) => Answered | Promise<Answered> | undefined
