/**
 * The path of every wire and constraint, `main.conv1/relu[3].bit[2]`, kept as a few integers each: scopes form a tree,
 * names are interned, and text is made only when somebody reads it.
 */
import { Ints } from './growable.js'

export class Paths {
  private readonly names: string[] = []
  private readonly ids = new Map<string, number>()
  private readonly scopeParent = new Ints()
  private readonly scopeName = new Ints()
  private readonly scopeIndex = new Ints()
  private readonly wireScope = new Ints()
  private readonly wireName = new Ints()
  private readonly wireIndex = new Ints()
  /** The scope that is open now; -1 at the root. */
  current = -1

  enter(name: string, index: number | undefined): number {
    const outer = this.current
    this.scopeParent.push(outer)
    this.scopeName.push(this.intern(name))
    this.scopeIndex.push(index ?? -1)
    this.current = this.scopeParent.length - 1
    return outer
  }

  /** Names the next wire in the open scope. */
  addWire(name: string, index: number | undefined): void {
    this.wireScope.push(this.current)
    this.wireName.push(this.intern(name))
    this.wireIndex.push(index ?? -1)
  }

  wire(wire: number): string {
    const own = this.indexed(this.wireName.get(wire), this.wireIndex.get(wire))
    const scope = this.wireScope.get(wire)
    return scope < 0 ? own : `${this.scope(scope)}.${own}`
  }

  scope(scope: number): string {
    if (scope < 0) return 'main'
    const own = this.indexed(this.scopeName.get(scope), this.scopeIndex.get(scope))
    const parent = this.scopeParent.get(scope)
    return parent < 0 ? `main.${own}` : `${this.scope(parent)}/${own}`
  }

  /** The outermost scope around a scope: the layer that it belongs to. */
  outermost(scope: number): number {
    let outermost = scope
    while (outermost >= 0 && this.scopeParent.get(outermost) >= 0) outermost = this.scopeParent.get(outermost)
    return outermost
  }

  /** The name of that scope. */
  layer(scope: number): string {
    return scope < 0 ? 'main' : this.names[this.scopeName.get(this.outermost(scope))]!
  }

  private indexed(name: number, index: number): string {
    return index < 0 ? this.names[name]! : `${this.names[name]!}[${index}]`
  }

  private intern(name: string): number {
    const known = this.ids.get(name)
    if (known !== undefined) return known
    this.ids.set(name, this.names.length)
    // a comma or a line break would end the name in a .sym file
    this.names.push(name.replace(/[,\r\n]/g, '_'))
    return this.names.length - 1
  }
}
