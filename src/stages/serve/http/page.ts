/** The page to try a model, as the build bundled it. */
import type { App } from './app.js'

export function addPage(_app: App): void {}
