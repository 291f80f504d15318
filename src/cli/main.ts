#!/usr/bin/env node
/** The command line: `zkonnx COMMAND`. */
import { CommanderError } from 'commander'
import { openOutput } from './output.js'
import { openProgram } from './program.js'
import { EXIT } from './run.js'

// whoever read the output went away, as `head` does: what runs until it is stopped is stopped, what ends by itself may end
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.emit('SIGINT')
  })
}

const program = await openProgram(process.argv[2])

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // commander has said it already, to people
  process.exitCode = error.exitCode === 0 ? 0 : EXIT.input
  if (error.exitCode !== 0 && process.argv.includes('--json')) {
    openOutput(true).result({ error: { name: 'Cli.UsageError', message: error.message } })
  }
}
