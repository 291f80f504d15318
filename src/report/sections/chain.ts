/** Contracts of the model where it is deployed, and what using it costs. */
import type { DeploymentFacts, RegistrationFacts, ReportFacts } from '../facts.js'
import { type Html, html } from '../html.js'
import { count } from '../words.js'
import { digest, facts, missing, type Section, shellWord, table } from './parts.js'

export function chainSection({ chain, dir }: ReportFacts): Section {
  const { deployment, registration, gas } = chain
  const rounded = (value: number) => count(Number(value.toPrecision(3)))
  return {
    id: 'chain',
    title: 'On a chain',
    body: html`${deployment && deployed(deployment)}${registration && registered(registration)}${
      deployment === undefined && registration === undefined
        ? missing(
            'The model is not deployed. On a local chain, which is started for it:',
            `zkonnx deploy ${shellWord(dir)}`,
          )
        : ''
    }<h3>What it costs</h3><p>Estimated from the statement, in gas, to three digits:</p>${table(
      'Estimated gas',
      [{ title: 'transaction' }, { title: 'gas', numbers: true }],
      [
        ['deploying verifier and record', rounded(gas.deploy)],
        ['or registering the key with the verifier of many keys', rounded(gas.register)],
        ['verifying and recording one prediction', rounded(gas.record)],
        ['verifying alone', rounded(gas.verify)],
        ['of ten proofs verified at once, each', rounded(gas.batchOf10)],
        ['of a hundred, each', rounded(gas.batchOf100)],
      ],
    )}`,
  }
}

function deployed({ chainId, embedded, forgeable, contracts }: DeploymentFacts): Html {
  return html`<p>Deployed on ${embedded ? 'the embedded local chain' : 'chain'} ${chainId}.${
    forgeable
      ? html` <strong>With dev keys, on a chain that is not local: their maker can forge every prediction.</strong>`
      : ''
  }</p>${table(
    'Deployed contracts',
    [
      { title: 'contract' },
      { title: 'address' },
      { title: 'transaction' },
      { title: 'gas it took', numbers: true },
    ],
    contracts.map(({ what, address, transaction, gas }) => [
      what,
      digest(address),
      digest(transaction),
      count(gas),
    ]),
  )}`
}

function registered({ chainId, id, registry, ledger, verifier }: RegistrationFacts): Html {
  return html`<p>Registered on chain ${chainId}:</p>${facts([
    ['entry', digest(id)],
    ['registry', digest(registry)],
    ['ledger of predictions', digest(ledger)],
    ['verifier', digest(verifier)],
  ])}`
}
