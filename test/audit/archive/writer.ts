import { Archive } from "../../../src/audit/archive/archive.js";
import { INSTITUTION, smallOpening } from "../../support/archives.js";

/**
 * A process that archives sequences `first` … `last` of an account, and says of each when it is on the disk:
 * `writer.ts <archive> <account> <first> <last>`.
 */
const [path = "", account = "", first = "0", last = "0"] = process.argv.slice(2);
const archive = await Archive.open(path, INSTITUTION);
for (let sequence = Number(first); sequence <= Number(last); sequence++) {
  const { number, isNew } = await archive.add(smallOpening(account, sequence), sequence);
  process.stdout.write(`${sequence} ${number} ${isNew}\n`);
}
