/** Keeps five entries in the journal that its argument names, and says which it has kept; it goes on after one that it has not. */
import { fileJournal } from "../../../build/dist/chain/journal.js";
import { asTold } from "./asTold.mjs";

await asTold(async () => {
  const journal = await fileJournal(process.argv[2], { sender: `0x${"aa".repeat(20)}`, chainId: 31_337n });
  let failure;
  for (const key of ["a", "b", "c", "d", "e"]) {
    const entry = { key, nonce: 1, attempts: [{ hash: "0x1", raw: "0x2" }], state: "pending" };
    await journal.put(entry).then(
      () => process.stdout.write(key),
      (error) => {
        failure = error;
      },
    );
  }
  if (failure) throw failure;
});
