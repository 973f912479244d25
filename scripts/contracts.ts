/**
 * Compiles the contracts and writes src/chain/generated: ABI, code and types of each. With --check it fails if what is
 * on disk differs, which is how CI knows that the package deploys the code that it shows.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { abisModule, bindingModule, enumsModule, indexModule } from "./contracts/bindings.js";
import { compileContracts } from "./contracts/compile.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "src", "chain", "generated");
const { contracts, enums } = compileContracts(root);

const files = new Map(contracts.map((contract) => [`${contract.name}.ts`, bindingModule(contract)]));
if (files.size !== contracts.length) throw new Error("contracts: expected each name once, got one twice");
files.set("index.ts", indexModule(contracts.map(({ name }) => name).sort()));
files.set("enums.ts", enumsModule(enums));
files.set("abi.ts", abisModule(contracts));

mkdirSync(folder, { recursive: true });
const others = readdirSync(folder).filter((file) => !files.has(file));
if (process.argv.includes("--check")) {
  const stale = [...files].filter(([file, text]) => {
    const path = join(folder, file);
    return !existsSync(path) || readFileSync(path, "utf8") !== text;
  });
  const wrong = [...stale.map(([file]) => file), ...others];
  if (wrong.length > 0) {
    console.error(
      `not what contracts/ compiles to: ${wrong.join(", ")}; run \`npm run contracts\` and commit the result`,
    );
    process.exit(1);
  }
} else {
  for (const file of others) rmSync(join(folder, file));
  for (const [file, text] of files) writeFileSync(join(folder, file), text);
}
console.log(
  `${files.size} files of ${contracts.length} contracts ${process.argv.includes("--check") ? "are up to date" : "written"}`,
);
