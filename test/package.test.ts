import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { build } from "vite";
import { platformBinary } from "../src/chain/anvil.js";
import { builtEntry } from "./support/built.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const ENTRIES = Object.keys(MANIFEST.exports).filter((path) => !/[*]|json$/.test(path));
const own = (path: string) => join(ROOT, "node_modules", path);

/** A project that has installed the packed package: its files are those of the tarball, and its packages are linked. */
describe("the packed package", () => {
  let folder: string;
  let files: readonly string[];
  const at = (path: string) => join(folder, path);
  const installed = (path: string) => at(join("node_modules/zkmargin", path));
  const link = (to: string, from = to) => {
    mkdirSync(dirname(at(`node_modules/${to}`)), { recursive: true });
    symlinkSync(own(from), at(`node_modules/${to}`), "junction");
  };

  before(() => {
    builtEntry("zkmargin");
    folder = mkdtempSync(join(tmpdir(), "zkmargin-consumer-"));
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const [packed] = JSON.parse(
      execFileSync("npm", pack, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 }),
    );
    files = packed.files.map(({ path }: { path: string }) => path);
    execFileSync("tar", ["-xzf", packed.filename], { cwd: folder });
    mkdirSync(at("node_modules"));
    cpSync(at("package"), installed(""), { recursive: true });
    // Only what it declares: a package that it uses without declaring it would be missed.
    for (const name of Object.keys(MANIFEST.dependencies)) link(name);
    writeFileSync(at("package.json"), JSON.stringify({ name: "consumer", type: "module", private: true }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("brings no node and no forge, runs nothing when it is installed, and offers anvil of every platform", () => {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta, scripts } = MANIFEST;
    assert.equal(optionalDependencies, undefined);
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => /foundry|anvil|forge/.test(name)),
      [],
    );
    assert.deepEqual(Object.keys(peerDependencies), Object.keys(peerDependenciesMeta));
    assert.equal(Object.keys(peerDependencies).length, 5);
    for (const name of Object.keys(peerDependencies)) {
      assert.match(name, /^@foundry-rs\/anvil-(linux|darwin|win32)-(amd64|arm64)$/);
      assert.equal(peerDependencies[name], "1.7.1");
      assert.deepEqual(peerDependenciesMeta[name], { optional: true });
    }
    assert.deepEqual(
      // npm warns of each of these when somebody installs a tarball; a checkout's build is its workspace's.
      Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name)),
      [],
    );
  });

  it("has no source map, no test, and every file that an integrator is told of", () => {
    assert.deepEqual(
      files.filter((path) => /\.map$|^test\/|\.test\.|\.tgz$/.test(path)),
      [],
    );
    // What an earlier build has left behind is not there when the package is packed from a clean folder.
    const built = (path: string) =>
      existsSync(join(ROOT, path.replace("build/dist", "src").replace(/js$/, "ts")));
    for (const path of files.filter(
      (path) => path.startsWith("build/dist") && path.endsWith(".js") && built(path),
    ))
      assert.doesNotMatch(readFileSync(installed(path), "utf8"), /^\/\/# sourceMappingURL=/m, path);
    for (const path of ["LICENSE", "LICENSE-MIT", "SECURITY.md", "contracts/mocks/MockMarginGate.sol"])
      assert.ok(files.includes(path), path);
    for (const part of ["src/LendingPool.sol", "src/GatedVault.sol", "test/Integrator.t.sol", "foundry.toml"])
      assert.ok(files.includes(`examples/integrator/${part}`), part);
  });

  it("type-checks in a strict project with skipLibCheck off, resolved as by Node and as by a bundler", () => {
    for (const name of ["@types/node", "undici-types"]) link(name);
    const imports = ENTRIES.map((path, i) => `import * as e${i} from "zkmargin${path.slice(1)}";\n`);
    const uses = `export const entries = [${imports.map((_, i) => `e${i}`).join(", ")}];\n`;
    writeFileSync(at("index.ts"), imports.join("") + uses);
    const common = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ["node"],
      target: ts.ScriptTarget.ES2022,
    };
    const ways = {
      nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    };
    for (const [way, resolution] of Object.entries(ways)) {
      const options = { ...common, ...resolution, exactOptionalPropertyTypes: true };
      const host = ts.createCompilerHost(options);
      host.getCurrentDirectory = () => folder;
      const program = ts.createProgram([at("index.ts")], options, host);
      const found = [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics()];
      // Ours, and what ours resolve to; whether Node's own types are whole is not for us to say.
      const ours = program
        .getSourceFiles()
        .filter(({ fileName }) => /zkmargin\/build|index\.ts$/.test(fileName));
      assert.ok(ours.length > 100, `${way}: ${ours.length} files`);
      for (const file of ours) found.push(...program.getSemanticDiagnostics(file));
      const said = found.map(
        ({ file, messageText }) =>
          `${way} ${relative(folder, file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
      );
      assert.deepEqual(said, []);
    }
  });

  it("runs from every entry, and from the command line", () => {
    const imports = ENTRIES.map((path) => `import("zkmargin${path.slice(1)}")`).join(", ");
    const script = `const all = await Promise.all([${imports}]); console.log(all.every((e) => Object.keys(e).length > 0))`;
    const run = (...args: string[]) =>
      execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    assert.equal(run("--input-type=module", "-e", script), "true\n");
    assert.equal(run(installed("build/dist/cli/main.js"), "--version"), `${MANIFEST.version}\n`);
  });

  for (const entry of ["verify", "protocol", "abi"])
    it(`is bundled for a browser from zkmargin/${entry}, without a module of Node`, async () => {
      writeFileSync(at("browser.js"), `export * from "zkmargin/${entry}";\n`);
      const refused: string[] = [];
      const output = await build({
        root: folder,
        configFile: false,
        logLevel: "silent",
        build: {
          write: false,
          minify: false,
          target: "es2022",
          lib: { entry: at("browser.js"), formats: ["es"], fileName: "bundle" },
          rollupOptions: {
            // What a bundler says of zod's own comments and circles is nothing of ours.
            onwarn: ({ message }) => {
              if (!message.includes("node_modules/zod/")) refused.push(message);
            },
          },
        },
      });
      const bundles = (Array.isArray(output) ? output : [output]) as {
        output: { type: string; modules?: object }[];
      }[];
      const modules = bundles.flatMap((one) =>
        one.output.flatMap((chunk) => Object.keys(chunk.modules ?? {})),
      );
      assert.ok(modules.length > 0);
      assert.deepEqual(
        // Files are read by schemas of zod/mini; the rest of zod is three times its size.
        modules.filter((id) =>
          /__vite-browser-external|^node:|\/(ethers|zod\/v4\/classic|commander|snarkjs)\//.test(id),
        ),
        [],
      );
      assert.deepEqual(refused, []);
    });

  it("lets the integrator's project compile, and pass its tests", () => {
    for (const file of ["foundry.toml", "src", "test"])
      cpSync(installed(`examples/integrator/${file}`), at(file), { recursive: true });
    link("@openzeppelin/contracts");
    link("forge-std/src", "@layerzerolabs/toolbox-foundry/lib/forge-std");
    const env = { ...process.env, FOUNDRY_SOLC: join(ROOT, "scripts/solc.cjs"), FOUNDRY_OFFLINE: "true" };
    const { status, stdout, stderr } = spawnSync(platformBinary("forge"), ["test"], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /11 tests passed, 0 failed/);
  });

  it("exports examples, contracts and the page as paths", () => {
    for (const path of [
      "examples/integrator/foundry.toml",
      "contracts/interfaces/IMarginGate.sol",
      "package.json",
    ]) {
      const script = `console.log(import.meta.resolve("zkmargin/${path}"))`;
      const url = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.ok(existsSync(fileURLToPath(url.trim())), path);
    }
    assert.equal(MANIFEST.exports["./web/*"], "./build/web/*");
    assert.ok(MANIFEST.files.includes("build/web"));
  });

  it("builds the page and the board when it is packed, where `zkmargin serve` looks for it", () => {
    assert.match(MANIFEST.scripts.prepack, /npm run build:web/);
    assert.match(
      MANIFEST.scripts["build:web"],
      /web\/vite\.config\.ts && vite build --config web\/board\/vite\.config\.ts$/,
    );
    const board = readFileSync(join(ROOT, "web/board/vite.config.ts"), "utf8");
    assert.ok(board.includes('outDir: path("../../build/web/board")'));
    assert.ok(
      readFileSync(join(ROOT, "src/cli/commands/serve.ts"), "utf8").includes(
        '"build", "web", "board", "index.html"',
      ),
    );
  });
});
