import { createHash } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ownerOf, temporaryName } from "../artefacts/temporary.js";

/** A folder may be shared by machines, on which one number is of different processes. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const CLAIM = /^\.([0-9a-f]{64})\.claim-([0-9a-f]{8})\./;

/** A file that says that a process is making a key count: as long as it runs, the key is its own, attested or not. */
export interface KeyClaim {
  readonly path: string;
  /** SHA-256 of the key. */
  readonly hash: string;
  /** Whether its process ran on this machine and runs no more. */
  readonly dead: boolean;
}

/** Claims a key that is about to be written. */
export async function claimKey(folder: string, hash: string): Promise<string> {
  const path = join(folder, temporaryName(`${hash}.claim-${HOST}`));
  await writeFile(path, "", { flag: "wx", mode: 0o600 });
  return path;
}

/** All claims in a folder of keys. */
export async function claimsIn(folder: string): Promise<KeyClaim[]> {
  return (await readdir(folder)).flatMap((name): KeyClaim[] => {
    const [, hash, host] = CLAIM.exec(name) ?? [];
    if (hash === undefined || host === undefined) return [];
    const owner = ownerOf(name, `${hash}.claim-${host}`);
    return owner === undefined
      ? []
      : [{ path: join(folder, name), hash, dead: host === HOST && !owner.isRunning }];
  });
}
