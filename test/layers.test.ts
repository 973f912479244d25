import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../src", import.meta.url));

/** An import may only point to a lower rank; layers of one rank do not know each other. */
const RANK: Record<string, number> = {
  cli: 10,
  index: 10,
  entries: 9,
  serve: 8,
  clearing: 7,
  queue: 7,
  audit: 6,
  chain: 5,
  prove: 4,
  risk: 4,
  book: 3,
  market: 3,
  protocol: 2,
  // For any circuit: of margins it knows nothing.
  groth16: 2,
  charts: 1,
  encoding: 1,
  errors: 0,
  // What errors quote.
  printable: -1,
};
/** Packages that only one layer may know. */
const ONLY: Record<string, string> = {
  snarkjs: "groth16",
  ffjavascript: "groth16",
  circom2: "groth16",
  wasmcurves: "groth16",
  "poseidon-lite": "protocol",
  ethers: "chain",
  "csv-parse": "encoding",
  "ml-matrix": "risk",
  highs: "risk",
  commander: "cli",
  "pg-boss": "queue",
  pg: "queue",
  fastify: "serve",
  "@fastify": "serve",
  pino: "serve",
  "prom-client": "serve",
  "@electric-sql": "queue",
};

/** Files of fewer lines hide more than they show; these have a reason. */
const SMALL: Record<string, string> = {
  "encoding/field.ts": "two numbers that protocol and groth16 share, which do not know each other",
  "index.ts": "the whole library is its entries",
  "printable.ts": "what errors quote, and nothing is below errors",
  "groth16/webassembly.d.ts": "types that the page has from the DOM",
  "cli/memory.ts": "a test loads it alone, to be killed",
  "risk/simulate/thread.ts": "a thread starts from a file of its own",
  "cli/main.ts": "imports nothing before it has checked Node's version",
};
const LEAST_LINES = 25;
const MOST_NAMESAKES = 4;
const MOST_FILES = 574;

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const layerOf = (path: string) => (path.split("/")[0] ?? "").replace(/\.[jt]s$/, "");
/** What a file imports; what its comments show is not imported. */
const imports = (text: string) =>
  [...text.replace(/^ *\*.*$/gm, "").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );

describe("layers", () => {
  it("are all known", () => {
    for (const file of files) assert.ok(layerOf(file) in RANK, file);
  });

  it("import downwards only", () => {
    for (const file of files)
      for (const target of imports(readFileSync(join(src, file), "utf8"))) {
        if (!target.startsWith(".")) continue;
        const from = layerOf(file);
        const to = layerOf(relative(src, join(src, dirname(file), target)));
        assert.ok(from === to || (RANK[to] ?? 99) < (RANK[from] ?? 0), `${file} imports ${target}`);
      }
  });

  it("have no circle of imports within them either, types included", () => {
    const targets = (file: string) =>
      imports(readFileSync(join(src, file), "utf8"))
        .filter((target) => target.startsWith("."))
        .map((target) => join(dirname(file), target).replaceAll("\\", "/").replace(/\.js$/, ".ts"));
    const closed = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), [...path.slice(path.indexOf(file)), file].join(" → "));
      if (closed.has(file)) return;
      for (const target of targets(file)) visit(target, [...path, file]);
      closed.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it("are few files, and none that only hides", () => {
    assert.ok(files.length <= MOST_FILES, `${files.length} files`);
    const small = files.filter(
      (file) => readFileSync(join(src, file), "utf8").split("\n").length <= LEAST_LINES,
    );
    assert.deepEqual(small.map((file) => file.replaceAll("\\", "/")).sort(), Object.keys(SMALL).sort());
  });

  it("have names that tell files apart", () => {
    const names = files.map((file) => file.replaceAll("\\", "/"));
    for (const file of names)
      assert.ok(
        !names.some((other) => other.startsWith(`${file.slice(0, -".ts".length)}/`)),
        `${file} beside a folder`,
      );
    const counts = new Map<string, number>();
    for (const name of names.map((file) => basename(file))) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const [name, count] of counts)
      assert.ok(count <= MOST_NAMESAKES, `${count} files are called ${name}`);
  });

  it("leave examples nothing but the public API", () => {
    const demo = join(src, "../examples/demo");
    const sources = readdirSync(demo).filter((file) => file.endsWith(".ts"));
    assert.ok(sources.length > 0);
    for (const file of sources)
      for (const target of imports(readFileSync(join(demo, file), "utf8")))
        assert.match(target, /^(\.\/[^/]+|node:.+|zkmargin(\/[a-z]+)?)$/, `examples/demo/${file}`);
  });

  it("keep each heavy package in one layer", () => {
    for (const file of files)
      for (const target of imports(readFileSync(join(src, file), "utf8"))) {
        const owner = ONLY[target.split("/")[0] ?? ""];
        if (owner) assert.equal(layerOf(file), owner, `${file} imports ${target}`);
      }
  });

  it("touch the process, the terminal and the clock in cli only", () => {
    for (const file of files) {
      if (layerOf(file) === "cli") continue;
      const text = readFileSync(join(src, file), "utf8");
      let code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      // One module starts a local chain, which ends however this process ends.
      if (file === "chain/anvil.ts") code = code.replace(/process\.(once|removeListener)\("exit"/g, "");
      assert.doesNotMatch(
        code,
        /\bprocess\.(?!execPath)|\bconsole\.|Date\.now|new Date\(\)|Math\.random/,
        file,
      );
      // One module tells what a killed process has left from what a running one uses.
      if (imports(text).includes("node:process")) assert.equal(file, "groth16/artefacts/writeAtomic.ts");
    }
  });
});
