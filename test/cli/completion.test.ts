import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skip } from "../support/skip.js";
import { zk, zkJson, zkOk } from "./support.js";

/** What bash offers for a command line whose last word is being typed; null without bash. */
function offered(script: string, folder: string, ...words: readonly string[]): string[] | null {
  const call = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _zkmargin; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = spawnSync("bash", ["-c", call, "bash", script, "zkmargin", ...words], { cwd: folder });
  if (ran.error !== undefined) return null;
  assert.equal(ran.stderr.toString(), "");
  return ran.stdout.toString().split("\n").filter(Boolean);
}

describe("cli: completion", () => {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-completion-"));
  after(() => rmSync(folder, { recursive: true }));

  it("completes commands, options and files in bash", async function () {
    const script = join(folder, "zkmargin.bash");
    writeFileSync(script, await zkOk(["completion", "bash"]));
    writeFileSync(join(folder, "desk.json"), "{}");
    if (offered(script, folder, "") === null) skip(this, "no bash with completion here");
    assert.deepEqual(offered(script, folder, "loc"), ["local"]);
    assert.deepEqual(offered(script, folder, "local", "")?.slice(0, 2), ["start", "price"]);
    assert.deepEqual(offered(script, folder, "vault", "loan", "l"), ["lend"]);
    assert.deepEqual(offered(script, folder, "prove", "--un"), ["--unhealthy"]);
    assert.deepEqual(offered(script, folder, "health", "de"), ["desk.json"]);
    assert.deepEqual(offered(script, folder, "prove", "desk.json", "--market", "de"), ["desk.json"]);
    assert.deepEqual(offered(script, folder, "prove", "--theta", ""), []);
  });

  it("completes commands, options and files in fish", async function () {
    const script = join(folder, "zkmargin.fish");
    writeFileSync(script, await zkOk(["completion", "fish"]));
    writeFileSync(join(folder, "desk.json"), "{}");
    const offers = (line: string) => {
      const call = `source "$argv[1]"; complete -C "$argv[2]"`;
      const ran = spawnSync("fish", ["--no-config", "-c", call, script, line], { cwd: folder });
      if (ran.error !== undefined) skip(this, "no fish here");
      assert.equal(ran.stderr.toString(), "");
      return ran.stdout
        .toString()
        .split("\n")
        .flatMap((said) => said.split("\t", 1))
        .filter(Boolean);
    };
    assert.deepEqual(offers("zkmargin loc"), ["local"]);
    assert.deepEqual(offers("zkmargin vault loan l"), ["lend"]);
    assert.deepEqual(offers("zkmargin prove --un"), ["--unhealthy"]);
    assert.deepEqual(offers("zkmargin health de"), ["desk.json"]);
  });

  it("is a script that zsh parses", async function () {
    const script = join(folder, "_zkmargin");
    writeFileSync(script, await zkOk(["completion", "zsh"]));
    const ran = spawnSync("zsh", ["-f", "-n", script]);
    if (ran.error !== undefined) skip(this, "no zsh here");
    assert.deepEqual([ran.status, ran.stderr.toString()], [0, ""]);
  });

  it("prints whole scripts for zsh and fish, of every command", async () => {
    for (const shell of ["zsh", "fish"]) {
      const script = await zkOk(["completion", shell]);
      for (const words of ["vault loan lend", "risk stress", "local price", "completion"])
        assert.ok(script.includes(words), `${shell}: ${words}`);
      assert.ok(!script.includes("undefined"));
    }
    assert.equal((await zkJson(["completion", "fish"])).shell, "fish");
    assert.equal((await zk(["completion", "powershell"])).code, 2);
  });
});
