import type { Plugin } from 'vite'
export function county(): Plugin
