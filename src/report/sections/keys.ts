/** Where the keys come from, and whom one trusts with them. */
import type { Manifest } from '../../artifacts/manifest.js'
import type { ReportFacts } from '../facts.js'
import { type Html, html } from '../html.js'
import { counted } from '../words.js'
import { digest, facts, missing, type Section, shellWord, table } from './parts.js'

type Setup = NonNullable<Manifest['setup']>

export function keysSection({ manifest, dir }: ReportFacts): Section {
  const { setup, circuit } = manifest
  const folder = shellWord(dir)
  const body =
    setup === undefined
      ? missing('There are no keys yet. For tests and demos:', `zkonnx setup ${folder} --dev`)
      : html`${setup.kind === 'dev' ? DEV : ceremony(setup)}${facts([
          ['circuit', digest(circuit.sha256)],
          setup.verificationKey === undefined ? undefined : ['verifying key', digest(setup.verificationKey)],
          ['proving key', digest(setup.zkey)],
          setup.ptau === undefined
            ? undefined
            : ['powers of tau', html`${ptauText(setup.ptau)} ${digest(`blake2b ${setup.ptau.blake2b}`)}`],
          setup.transcript === undefined
            ? undefined
            : ['transcript', html`${setup.transcript.file} ${digest(setup.transcript.sha256)}`],
        ])}`
  return { id: 'keys', title: 'Keys', body }
}

const DEV = html`<p class="warning"><strong>Dev keys.</strong> Whoever made them can forge proofs of anything. They are for tests and demos, and convince nobody else: contracts made from them refuse to stand outside local chains. Keys that strangers can trust come from a ceremony.</p>`

function ceremony({ contributions = [] }: Setup): Html {
  if (contributions.length === 0)
    return html`<p class="warning"><strong>A first key.</strong> Nobody has contributed to it yet, and everyone knows its secrets.</p>`
  const rows = contributions.map(({ name, hash, beacon }, i) => [
    i + 1,
    name,
    beacon === undefined
      ? 'a secret of theirs'
      : `a public beacon, hashed 2^${beacon.iterations} times: ${beacon.value}`,
    digest(hash),
  ])
  return html`<p>From a ceremony of ${counted(contributions.length, 'contribution')}. Proofs can be forged only by somebody who knows all the secrets that went into it: one contributor who destroyed theirs is enough. Each publishes the hash of their contribution; compare them.</p>${table(
    'Contributions',
    [{ title: '', numbers: true }, { title: 'by' }, { title: 'with' }, { title: 'hash (blake2b)' }],
    rows,
  )}`
}

function ptauText({ name, power, verified }: NonNullable<Setup['ptau']>): string {
  const how = {
    published: 'a published file, known by its digest',
    full: 'verified in full when the first key was made',
    dev: 'dev powers, whose secrets everyone can compute',
  }[verified]
  return `${name}, 2^${power}: ${how};`
}
