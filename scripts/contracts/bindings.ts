import { FunctionFragment, Interface, keccak256 } from "ethers";
import type { AbiItem, AbiParameter, Compiled, Enums } from "./compile.js";

const NOTICE = "// Generated from contracts/ by `npm run contracts`. Do not edit.\n";

/** The TypeScript module of a contract: its ABI, its code, and types of its functions, events and structs. */
export function bindingModule(contract: Compiled): string {
  const { name, abi } = contract;
  const structs = new Map<string, string>();
  const functions = abi.filter(({ type }) => type === "function");
  const events = abi.filter(({ type }) => type === "event");
  refuseOverloads(name, events);
  const constructorInputs = abi.find(({ type }) => type === "constructor")?.inputs ?? [];

  const methods = functions.map(
    (item) => `  readonly ${methodName(item, functions)}: ${methodType(item, structs)};\n`,
  );
  const eventTypes = events.map(
    (item) => `  readonly ${item.name}: ${fieldsType(item.inputs ?? [], structs)};\n`,
  );
  const args = `[${parameterList(constructorInputs, structs)}]`;
  const human = new Interface(abi as unknown as string[]).format();
  const runtime = {
    hash: keccak256(contract.runtime),
    immutables: contract.immutables.map((i) => [i.start, i.length]),
  };
  const used = (["View", "Write"] as const).filter((type) =>
    methods.some((text) => text.includes(`: ${type}<`)),
  );
  return `${NOTICE}import type { Binding, ${["TypedContract", ...used].join(", ")} } from "../binding.js";

${[...structs.values()].join("\n")}${structs.size > 0 ? "\n" : ""}export interface ${name} extends TypedContract {
${methods.join("")}}

export interface ${name}Events {
${eventTypes.join("")}}

/** From ${contract.source} */
export const ${lowerFirst(name)}: Binding<${name}, ${name}Events, ${args}> = {
  name: "${name}",
  abi: ${JSON.stringify(human, null, 2).replaceAll("\n", "\n  ")},
  bytecode: "${contract.bytecode}",
  runtime: ${JSON.stringify(runtime)},
};
`;
}

/**
 * ABIs as literal types, which viem, ethers and abitype read: `marginGateAbi`. One module of all contracts but those that a
 * deployment takes from others, whose packages have their own.
 */
export function abisModule(contracts: readonly Compiled[]): string {
  const tables = contracts
    .filter(({ source }) => source.startsWith("contracts/"))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, source, abi }) =>
        `/** ABI of ${source}. */\nexport const ${lowerFirst(name)}Abi = [\n${abi.map((item) => `  ${JSON.stringify(item)},\n`).join("")}] as const;\n`,
    );
  return `${NOTICE}\n${tables.join("\n")}`;
}

/** One module to import all bindings from. */
export function indexModule(names: readonly string[]): string {
  return `${NOTICE}${names.map((name) => `export { ${lowerFirst(name)} } from "./${name}.js";\n`).join("")}`;
}

/** Names of enum members, in the order of their numbers. */
export function enumsModule(enums: Enums): string {
  const tables = [...enums].sort().map(([name, members]) => {
    const names = JSON.stringify(members.map(lowerFirst)).replaceAll(",", ", ");
    return `export const ${name.toUpperCase()}_NAMES = ${names} as const;
/** A name of ${name.toUpperCase()}_NAMES. */
export type ${name}Name = (typeof ${name.toUpperCase()}_NAMES)[number];\n`;
  });
  return `${NOTICE}\n${tables.join("\n")}`;
}

function refuseOverloads(name: string, items: readonly AbiItem[]): void {
  const names = items.map((item) => item.name);
  const twice = names.find((item, i) => names.indexOf(item) !== i);
  if (twice !== undefined) throw new Error(`${name}: expected each name once, got ${twice} twice`);
}

/** A function's name, or with overloads its signature, as ethers looks it up. */
function methodName(item: AbiItem, functions: readonly AbiItem[]): string | undefined {
  const alone = functions.filter(({ name }) => name === item.name).length === 1;
  return alone
    ? item.name
    : JSON.stringify(FunctionFragment.from({ ...item, outputs: [] }).format("sighash"));
}

function methodType(
  { stateMutability, inputs = [], outputs = [] }: AbiItem,
  structs: Map<string, string>,
): string {
  const type = stateMutability === "view" || stateMutability === "pure" ? "View" : "Write";
  return `${type}<[${parameterList(inputs, structs)}], ${resultType(outputs, structs)}>`;
}

function resultType(outputs: readonly AbiParameter[], structs: Map<string, string>): string {
  const [only] = outputs;
  if (only === undefined) return "void";
  if (outputs.length === 1) return typeOf(only, structs);
  if (outputs.every(({ name }) => name !== "")) return fieldsType(outputs, structs);
  return `readonly [${outputs.map((output) => typeOf(output, structs)).join(", ")}]`;
}

function parameterList(inputs: readonly AbiParameter[], structs: Map<string, string>): string {
  return inputs.map((input, i) => `${parameterName(input, i)}: ${typeOf(input, structs)}`).join(", ");
}

/** A label of a tuple may not be empty. */
function parameterName({ name }: AbiParameter, index: number): string {
  return name === "" ? `value${index}` : name.replace(/^_+|_+$/g, "");
}

function fieldsType(fields: readonly AbiParameter[], structs: Map<string, string>): string {
  if (fields.length === 0) return "Record<string, never>";
  return `{ ${fields.map((field, i) => `readonly ${field.name || `value${i}`}: ${typeOf(field, structs)}`).join("; ")} }`;
}

function typeOf(parameter: AbiParameter, structs: Map<string, string>): string {
  const array = /^(.*)\[(\d*)\]$/.exec(parameter.type);
  if (array) {
    const { internalType, ...rest } = parameter;
    const item = typeOf(
      {
        ...rest,
        type: array[1] ?? "",
        ...(internalType === undefined ? {} : { internalType: internalType.replace(/\[\d*\]$/, "") }),
      },
      structs,
    );
    // An array of arrays needs brackets: `readonly` stands before an array alone.
    return `readonly ${item.startsWith("readonly ") ? `(${item})` : item}[]`;
  }
  if (parameter.type === "tuple") return structType(parameter, structs);
  if (/^u?int\d*$/.test(parameter.type)) return "bigint";
  if (parameter.type === "bool") return "boolean";
  return "string";
}

function structType(
  { internalType = "", components = [] }: AbiParameter,
  structs: Map<string, string>,
): string {
  const name = internalType.replace(/^struct (?:\w+\.)?/, "");
  if (!structs.has(name)) {
    structs.set(name, "");
    const fields = components.map((field) => `  readonly ${field.name}: ${typeOf(field, structs)};\n`);
    structs.set(name, `export interface ${name} {\n${fields.join("")}}\n`);
  }
  return name;
}

/** "MarginGate" as marginGate, "ERC20Mock" as erc20Mock. */
function lowerFirst(text: string): string {
  return text.replace(/^(?:[A-Z]+(?=\d)|[A-Z])/, (start) => start.toLowerCase());
}
