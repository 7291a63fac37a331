import { defineConfig } from 'vite'
import { application } from '../vite.shared.mjs'

export default defineConfig(application('desk'))
