import assert from "node:assert/strict";
import { Anvil, localChainHint, platformBinary } from "../../src/chain/anvil.js";
import { ToolMissingError } from "../../src/errors.js";
import { workFolder, zk } from "../cli/support.js";

describe("anvil", () => {
  const work = workFolder();

  it("is named where it is missing, with the command that installs it", async () => {
    const arch = Object.getOwnPropertyDescriptor(process, "arch");
    assert.ok(arch);
    try {
      // A platform that no package is for.
      Object.defineProperty(process, "arch", { ...arch, value: "riscv64" });
      assert.match(
        localChainHint(),
        /^expected anvil of Foundry 1\.7\.1, got no package @foundry-rs\/anvil-\w+-riscv64: run `npm install .*`, then start a local chain by `npx anvil`$/,
      );
      assert.throws(() => platformBinary("forge"), ToolMissingError);
      await assert.rejects(Anvil.start(), ToolMissingError);
      assert.throws(() => Anvil.check(), ToolMissingError);
    } finally {
      Object.defineProperty(process, "arch", arch);
    }
    assert.equal(localChainHint(), "start a local chain by `npx anvil`");
  });

  it("is what `deploy --local` asks for where no node answers", async () => {
    process.env.HINT_KEY = `0x${"11".repeat(32)}`;
    const rpc = ["--rpc", "http://127.0.0.1:9", "--patience", "1"];
    const { code, err } = await zk([
      "deploy",
      "--local",
      ...rpc,
      "--key-env",
      "HINT_KEY",
      "--out",
      work.at("out.json"),
    ]);
    assert.equal(code, 8);
    assert.match(err, /start a local chain by `npx anvil`/);
  });
});
