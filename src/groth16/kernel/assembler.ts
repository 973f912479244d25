/** Instructions of WebAssembly, in the binary format, nested as expressions are. */
export type Code = readonly (number | Code)[];

export const I32 = 0x7f;
export const I64 = 0x7e;
type ValueType = typeof I32 | typeof I64;

/** A parameter or a local variable of a function. */
export interface Variable {
  readonly get: Code;
  set(value: Code): Code;
}

const binary = (opcode: number) => (a: Code, b: Code) => [a, b, opcode];

/** 32-bit operations, which addresses and counts take. */
export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value | 0))],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  isZero: (a: Code): Code => [a, 0x45],
  /** 1 or 0, of numbers without a sign. */
  less: binary(0x49),
  load: (address: Code, offset = 0): Code => [address, 0x28, 2, unsigned(offset)],
};

/** 64-bit operations, which limbs and words take. */
export const i64 = {
  const: (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))],
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  /** Keeps the sign. */
  shr: binary(0x87),
  /** Fills with zeros. */
  shrUnsigned: binary(0x88),
  isZero: (a: Code): Code => [a, 0x50],
  fromSigned32: (a: Code): Code => [a, 0xac],
  load: (address: Code, offset: number): Code => [address, 0x29, 3, unsigned(offset)],
  store: (address: Code, value: Code, offset: number): Code => [address, value, 0x37, 3, unsigned(offset)],
  /** Of 32 bits, with its sign. */
  load32: (address: Code, offset: number): Code => [address, 0x34, 2, unsigned(offset)],
  store32: (address: Code, value: Code, offset: number): Code => [address, value, 0x3e, 2, unsigned(offset)],
};

/** Repeats `body` while `condition` holds after it. */
export const repeatWhile = (body: Code, condition: Code): Code => [
  0x03,
  0x40,
  body,
  condition,
  0x0d,
  0,
  0x0b,
];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  condition,
  [0x04, 0x40],
  then,
  otherwise.length > 0 ? [0x05, otherwise] : [],
  0x0b,
];

/** The local variables of a function under construction. */
export class Locals {
  readonly #types: ValueType[] = [];
  #parameters = 0;

  parameters<const Names extends readonly string[]>(names: Names): Record<Names[number], Variable> {
    const made = Object.fromEntries(names.map((name) => [name, this.make(I32)]));
    this.#parameters = this.#types.length;
    return made as Record<Names[number], Variable>;
  }

  make(type: ValueType): Variable {
    const index = unsigned(this.#types.push(type) - 1);
    return { get: [0x20, index], set: (value) => [value, 0x21, index] };
  }

  list(type: ValueType, count: number): Variable[] {
    return Array.from({ length: count }, () => this.make(type));
  }

  get declared(): readonly ValueType[] {
    return this.#types.slice(this.#parameters);
  }
}

interface Definition {
  readonly parameters: number;
  readonly hasResult: boolean;
  readonly declared: readonly ValueType[];
  readonly body: Code;
}

/**
 * Puts together a module that imports a shared memory, `env.memory`, and exports all of its functions. Parameters and results are 32-bit
 * numbers. The same calls make the same bytes.
 */
export class Assembler {
  readonly #functions = new Map<string, Definition>();

  /** Defines a function; `body` is given its parameters by name. */
  define<const Names extends readonly string[]>(
    name: string,
    parameters: Names,
    body: (parameters: Record<Names[number], Variable>, locals: Locals) => Code,
    hasResult = false,
  ): void {
    if (this.#functions.has(name)) throw new Error(`two functions ${name}`);
    const locals = new Locals();
    const code = body(locals.parameters(parameters), locals);
    this.#functions.set(name, {
      parameters: parameters.length,
      hasResult,
      declared: locals.declared,
      body: code,
    });
  }

  /** A call of a function that is defined already. */
  call(name: string, ...values: Code[]): Code {
    const index = [...this.#functions.keys()].indexOf(name);
    if (index < 0) throw new Error(`no function ${name} yet`);
    return [...values, 0x10, unsigned(index)];
  }

  /** @param pages that the memory may grow to at most */
  bytes(pages: number): Uint8Array<ArrayBuffer> {
    const all = [...this.#functions];
    const types = all.map(([, { parameters, hasResult }]) => [
      0x60,
      vector(Array.from({ length: parameters }, () => I32)),
      vector(hasResult ? [I32] : []),
    ]);
    const SHARED = 3;
    const memory = [text("env"), text("memory"), 2, SHARED, unsigned(0), unsigned(pages)];
    const bodies = all.map(([, { declared, body }]) => {
      return sized([vector(declared.map((type) => [1, type])), body, 0x0b]);
    });
    const sections: [id: number, content: Code][] = [
      [1, vector(types)],
      [2, vector([memory])],
      [3, vector(all.map((_, i) => unsigned(i)))],
      [7, vector(all.map(([name], i) => [text(name), 0, unsigned(i)]))],
      [10, vector(bodies)],
    ];
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    return Uint8Array.from(flatten([header, sections.map(([id, content]) => [id, sized(content)])]));
  }
}

function flatten(code: Code, into: number[] = []): number[] {
  for (const item of code) {
    if (typeof item === "number") into.push(item);
    else flatten(item, into);
  }
  return into;
}

/** Its length, then itself. */
function sized(code: Code): Code {
  const bytes = flatten(code);
  return [unsigned(bytes.length), bytes];
}

function vector(items: readonly (number | Code)[]): Code {
  return [unsigned(items.length), items];
}

function text(value: string): Code {
  return vector([...Buffer.from(value, "utf8")]);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, unsigned(value >>> 7)];
}

function signed(value: bigint): Code {
  const byte = Number(value & 127n);
  const rest = value >> 7n;
  const isLast = rest === (byte & 64 ? -1n : 0n);
  return isLast ? [byte] : [byte | 128, signed(rest)];
}
