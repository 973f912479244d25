import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { groth16 } from "snarkjs";
import type { Artefacts } from "../../src/prove/artefacts.js";

/**
 * A program that is called as rapidsnark's binary is, and proves with snarkjs. Before that it notes which names its files have, and who may
 * read them.
 */
const PROGRAM = `#!${process.execPath}
const { readFileSync, readlinkSync, writeFileSync, statSync } = require("node:fs");
const [zkey, witness, proof, signals] = process.argv.slice(2);
writeFileSync(__filename + ".log", JSON.stringify({
  argv: process.argv.slice(2),
  names: [zkey, witness, proof, signals].map((path) => readlinkSync(path)),
  modes: [zkey, witness, proof, signals].map((path) => statSync(path).mode & 0o777),
  environment: Object.keys(process.env),
}));
const { groth16 } = require(SNARKJS);
groth16.prove(new Uint8Array(readFileSync(zkey)), new Uint8Array(readFileSync(witness))).then((made) => {
  writeFileSync(proof, EDIT(JSON.stringify({ ...made.proof, curve: undefined })));
  writeFileSync(signals, JSON.stringify(made.publicSignals));
  process.exit(0);
});
`;

/** A folder with the program; `edit` is the text of a function that changes the proof which it writes. */
export async function standInBinary(edit = "(text) => text") {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-prover-"));
  const path = join(folder, "prover.cjs");
  const snarkjs = join(process.cwd(), "node_modules/snarkjs/build/main.cjs");
  const text = PROGRAM.replace("SNARKJS", JSON.stringify(snarkjs)).replace("EDIT", `(${edit})`);
  await writeFile(path, text, { mode: 0o755 });
  return { path, folder, remove: () => rm(folder, { recursive: true }) };
}

/** A server that speaks as rapidsnark's does, and proves with snarkjs. */
export async function standInServer(
  { wasm, zkey }: Pick<Artefacts, "wasm" | "zkey">,
  edit = (text: string) => text,
) {
  let status: object = { status: "ready" };
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      if (request.method === "GET" && request.url === "/status") return response.end(JSON.stringify(status));
      if (request.method !== "POST" || request.url !== "/input/circuit") return response.writeHead(404).end();
      bodies.push(body);
      status = { status: "busy" };
      response.end();
      groth16.fullProve(JSON.parse(body), wasm, zkey).then(
        ({ proof, publicSignals }) => {
          status = {
            status: "success",
            proof: edit(JSON.stringify(proof)),
            pubData: JSON.stringify(publicSignals),
          };
        },
        () => {
          status = { status: "failed", error: "1234567" };
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/circuit`,
    bodies,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
