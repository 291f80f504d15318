/** Names of classes: found in a file or given, fitted to the model, and made into identifiers. */

import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { enumerators } from '../../src/chain/solidity/names.js'
import { classNames, namesIn } from '../../src/onnx/class-names.js'
import { decodeModel, type Model } from '../../src/onnx/decode.js'
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as Kind,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
} from '../../src/onnx/gen/onnx_pb.js'
import { ClassNamesError, chooseClasses } from '../../src/stages/classes.js'
import { buildBytes, Type } from '../helpers/onnx-model.js'

function model(nodes: { op: string; labels: string[] }[] = [], metadata: Record<string, string> = {}): Model {
  const bytes = buildBytes({
    opset: 13,
    inputs: { x: { shape: [1, 3] } },
    outputs: { y: Type.FLOAT },
    nodes: [{ op: 'Relu', in: ['x'], out: ['y'], name: 'relu' }],
  })
  const made = decodeModel(bytes, 'a test')
  for (const { op, labels } of nodes) {
    const strings = labels.map((label) => Buffer.from(label))
    const attribute = create(AttributeProtoSchema, {
      name: 'classlabels_strings',
      type: Kind.STRINGS,
      strings,
    })
    made.graph.node.push(
      create(NodeProtoSchema, { opType: op, domain: 'ai.onnx.ml', attribute: [attribute] }),
    )
  }
  for (const [key, value] of Object.entries(metadata))
    made.metadataProps.push(create(StringStringEntryProtoSchema, { key, value }))
  return made
}

describe('a file tells the names of classes', () => {
  test.each<[string, Parameters<typeof model>, string[] | undefined]>([
    ['as the keys of a ZipMap', [[{ op: 'ZipMap', labels: ['no', 'yes'] }]], ['no', 'yes']],
    [
      'as the labels of a classifier',
      [[{ op: 'LinearClassifier', labels: ['a', 'b', 'c'] }]],
      ['a', 'b', 'c'],
    ],
    [
      'twice alike',
      [
        [
          { op: 'SVMClassifier', labels: ['a', 'b'] },
          { op: 'ZipMap', labels: ['a', 'b'] },
        ],
      ],
      ['a', 'b'],
    ],
    [
      'in two ways that differ, so not at all',
      [
        [
          { op: 'SVMClassifier', labels: ['a', 'b'] },
          { op: 'ZipMap', labels: ['b', 'a'] },
        ],
      ],
      undefined,
    ],
    ['in metadata as Python writes them', [[], { names: "{0: 'cat', 1: 'dog'}" }], ['cat', 'dog']],
    ['in metadata as JSON', [[], { Classes: '["cat", "dog"]' }], ['cat', 'dog']],
    ['in metadata as a table', [[], { id2label: '{"1": "dog", "0": "cat"}' }], ['cat', 'dog']],
    ['in metadata between commas', [[], { labels: 'cat, dog ,bird' }], ['cat', 'dog', 'bird']],
    [
      'with its nodes before its metadata',
      [[{ op: 'ZipMap', labels: ['x', 'y'] }], { names: 'a,b' }],
      ['x', 'y'],
    ],
    ['nowhere', [[], { author: 'cat,dog' }], undefined],
  ])('%s', (_where, args, expected) => {
    expect(classNames(model(...args))).toEqual(expected)
  })

  test.each([
    '',
    'cat',
    '{}',
    '[1, 2]',
    '["a", "a"]',
    '{0: "a", 2: "b"}',
    '["a", ""]',
    "{0: \"it's\", 1: 'b'",
    '[[["a"]]]',
    'a,,b',
  ])('but not in %j', (text) => expect(namesIn(text)).toBeUndefined())
})

describe('names', () => {
  const output = (meaning: 'scores' | 'label' | 'values', shape: number[]) => {
    return {
      name: 'y',
      meaning,
      shape,
      visibility: 'public' as const,
      salted: false,
      scale: [1],
      lo: 0,
      hi: 1,
    }
  }
  const scores = [output('scores', [1, 3])]

  test('that fit are taken: given ones before those that the file tells', () => {
    expect(chooseClasses(undefined, ['a', 'b', 'c'], scores)).toEqual(['a', 'b', 'c'])
    expect(chooseClasses(['x', 'y', 'z'], ['a', 'b', 'c'], scores)).toEqual(['x', 'y', 'z'])
    expect(chooseClasses(undefined, ['a', 'b'], [output('label', [1])])).toEqual(['a', 'b'])
  })

  test('that the file tells and do not fit are left out', () => {
    expect(chooseClasses(undefined, ['a', 'b'], scores)).toBeUndefined()
    expect(chooseClasses(undefined, ['a', 'b'], [output('values', [1, 2])])).toBeUndefined()
  })

  test.each([[['a', 'b']], [['a', 'b', 'a']], [['a', '', 'c']]])(
    '%j that are given and do not fit are refused',
    (names) => {
      expect(() => chooseClasses(names, undefined, scores)).toThrow(ClassNamesError)
    },
  )

  test('that are given for a model without classes are refused', () => {
    expect(() => chooseClasses(['a', 'b'], undefined, [output('values', [2])])).toThrow('none of its outputs')
  })

  test('become identifiers, and stay different', () => {
    expect(enumerators(['iris-setosa', 'no pets', '7', '猫', 'Ä', ''])).toEqual([
      'IrisSetosa',
      'NoPets',
      'Class7',
      'Class3',
      'Class4',
      'Class5',
    ])
    for (const names of [
      ['a', 'A', 'AClass1'],
      ['AClass2', 'A', 'a'],
      ['x'.repeat(60), `${'x'.repeat(60)}y`],
      ['7', 'Class7', 'class 7'],
    ]) {
      const made = enumerators(names)
      expect(new Set(made).size).toBe(names.length)
      for (const name of made) expect(name).toMatch(/^[A-Z][A-Za-z0-9]{0,63}$/)
    }
    const hostile = enumerators(['A } contract Evil { uint x;', '*/ /*', 'B', '\u202Eevil'])
    for (const name of hostile) expect(name).toMatch(/^[A-Z][A-Za-z0-9]{0,63}$/)
  })
})
