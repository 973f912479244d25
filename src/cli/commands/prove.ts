import { basename, join } from "node:path";
import { Command, Option } from "commander";
import type { BookFile } from "../../book/bookFile.js";
import { openBook } from "../../book/opening.js";
import { UsageError } from "../../errors.js";
import { keyWords } from "../../groth16/artefacts/keyStatement.js";
import type { MarketFile } from "../../market/file.js";
import { checkClaim } from "../../protocol/claim.js";
import { loadArtefacts } from "../../prove/artefacts.js";
import { bandClaim, checkBandBounds, serialiseBand } from "../../prove/band.js";
import { type Bundle, serialiseBundle } from "../../prove/bundle.js";
import { ProvingSession, proveBand } from "../../prove/session.js";
import { bandWords, statementWords } from "../../prove/statementWords.js";
import { archiveOpenings, withArchive } from "../archives.js";
import {
  basisPoints,
  cents,
  chosenProver,
  DEFAULT_THETA,
  healthFactor,
  homeOption,
  proverOption,
  tierOption,
  wholeNumber,
} from "../arguments.js";
import { type EachBook, eachBook, endWithWorst, namedBooks, refusedJson, refusedText } from "../books.js";
import { readBookFile, readMarketFile, readSecretFile } from "../files.js";
import { factor, json, pairs, table } from "../format.js";
import { STDIN } from "../inputs.js";
import { checkOutput, type Io, makeFolder, phasesOn, save } from "../io.js";

/** `zkmargin prove`: from a book to a proof bundle. */
export function proveCommand(io: Io): Command {
  const command = new Command("prove").description(
    "Prove a book healthy or unhealthy in a market, and write a proof bundle; of several books, one each.",
  );
  return withArchive(command)
    .argument("<book...>", "book files, folders of them, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
    .requiredOption(
      "--out <file>",
      "bundle to write, an existing one is replaced; of several books the folder of their bundles",
    )
    .option(
      "--theta <bps>",
      "health factor to exceed, basis points, or as a ratio such as 1.25; 10000 is maintenance margin",
      healthFactor,
      DEFAULT_THETA,
    )
    .option("--envelope <bps>", "price move through which the proof holds, basis points", basisPoints, 0)
    .option(
      "--support <dollars>",
      "prove it with so many dollars added to the collateral or, if negative, owed on top",
      cents,
    )
    .option("--unhealthy", "prove instead that the health factor is not above theta")
    .addOption(
      new Option("--statement <what>", "one bound, or a band: two proofs that show a grade and no more")
        .choices(["bound", "band"])
        .default("bound"),
    )
    .option("--not-above <bps>", "upper end of a band, which begins above theta", healthFactor)
    .option("--no-include-market", "omit the market from the bundle; its verifier must have it")
    .addOption(tierOption())
    .addOption(homeOption("where circuits and keys are kept (zkmargin setup)"))
    .addOption(proverOption())
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The reference model decides first: if the claim is false, the command prints the health factor, exits with code 4 and
writes no bundle. Choose theta and envelope from a small published grid: a tailored claim reveals something of the book.
The bundle reveals nothing of the book but its commitment, and you may hand it to anybody. Where the threshold lies within the
spread of low and high, neither health nor ill health can be proven.

Support makes a claim about the book with dollars added or taken: free equity is health at --support -X, and a cap on a stress
loss is health at --support X. With dollars added it never counts as health of the book as it is; with dollars taken it does.

A band shows a grade: the health factor lies above --theta and not above --not-above. Without both options it is the narrowest
band of the published grid. A band has no envelope.

A binary given with --prover gets the witness as a nameless file in memory (Linux). A server gets the book, so it must be on this machine or behind https, and
its working folder in memory. Every proof is verified before it is written, whatever made it.

Several books or a folder share the key and the market, and each gets a bundle under its own name in --out. A book that is
refused gets none, and the others are still proven. The exit code is then the worst of the refused ones.

Examples:
  $ zkmargin prove desk.json --market market.json --secret desk.secret --out desk.proof.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --theta 12500 --envelope 200 --out desk.proof.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --support -250000 --out desk.free.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --statement band --out desk.band.json
  $ zkmargin prove books --market market.json --secret desk.secret --out proofs`,
    )
    .action(async (named: readonly string[], options, command: Command) => {
      const { theta, envelope, unhealthy = false, tier, out, includeMarket, support } = options;
      const healthy = !unhealthy;
      const bounds = boundsOf(options, command.getOptionValueSource("theta") === "cli");
      checkClaim({
        theta,
        envelope,
        healthy,
        isolated: false,
        ...(support === undefined ? {} : { support }),
      });
      if (bounds !== undefined) checkBandBounds(bounds.above, bounds.notAbove, "--not-above");
      const { paths, several } = await namedBooks(io, named);
      if (!several) await checkOutput(out);
      const outputs = several ? outputsIn(out, paths, options.statement) : [out];
      const market = await readMarketFile(io, options.market);
      const secret = await readSecretFile(io, options.secret);
      let session: ProvingSession | undefined;
      const proveOne = async (file: BookFile, path: string): Promise<Proven> => {
        const to = outputs[paths.indexOf(path)] ?? out;
        if (several) await checkOutput(to);
        const opening = openBook(file, secret, market.listing, tier);
        session ??= await ProvingSession.open(await loadArtefacts(options.home, tier), {
          ...chosenProver(options),
          onPhase: phasesOn(io),
        });
        const archive = () => archiveOpenings(options, secret, [opening], market.listing);
        if (options.statement === "band") {
          const band = await proveBand(session, {
            opening,
            market,
            includeMarket,
            ...(bounds && { bounds }),
          });
          await archive();
          await save(io, to, serialiseBand(band), "band");
          const claim = bandClaim(band);
          return {
            path,
            out: to,
            file,
            bundle: band.above,
            words: bandWords(claim),
            claimed: { band: claim },
            band: claim,
          };
        }
        const bundle = await session.prove({
          opening,
          market,
          theta,
          envelope,
          healthy,
          support,
          includeMarket,
        });
        await archive();
        await save(io, to, serialiseBundle(bundle), "bundle");
        const { claim } = bundle;
        return { path, out: to, file, bundle, words: statementWords(claim), claimed: { claim } };
      };
      try {
        if (!several) {
          const [path = ""] = paths;
          return tell(
            io,
            options,
            await proveOne(await readBookFile(io, path, market.listing), path),
            market,
          );
        }
        await makeFolder(out);
        const each = await eachBook(io, paths, market.listing, proveOne);
        tellAll(io, options, each, market);
        endWithWorst(each);
      } finally {
        await session?.close();
      }
    });
}

/** A book that was proven. */
interface Proven {
  readonly path: string;
  readonly out: string;
  readonly file: BookFile;
  readonly bundle: Bundle;
  readonly words: string;
  readonly claimed: object;
  /** Of a proof of a band its bounds, basis points. */
  readonly band?: { readonly above: number; readonly notAbove: number };
}

/** Where the bundle of each book goes. @throws UsageError for two books of one name, or one from standard input */
function outputsIn(folder: string, paths: readonly string[], statement: string): string[] {
  const kind = statement === "band" ? "band" : "proof";
  const names = paths.map((path) => `${basename(path).replace(/\.json$/i, "")}.${kind}.json`);
  if (paths.includes(STDIN) || new Set(names.map((name) => name.toLowerCase())).size < names.length)
    throw new UsageError(
      "expected books in files of different names, got two of one name or standard input; prove them one by one",
    );
  return names.map((name) => join(folder, name));
}

/** Where a band begins and ends; undefined for the narrowest of the grid, or where no band is wanted. @throws UsageError */
function boundsOf(
  options: {
    statement: string;
    theta: number;
    notAbove?: number;
    envelope: number;
    support?: bigint;
    unhealthy?: boolean;
  },
  thetaGiven: boolean,
): { above: number; notAbove: number } | undefined {
  const { notAbove } = options;
  if (options.statement !== "band") {
    if (notAbove !== undefined)
      throw new UsageError("--not-above: expected it with --statement band, got it alone");
    return undefined;
  }
  if (options.envelope !== 0 || options.unhealthy || options.support !== undefined)
    throw new UsageError(
      "--statement band: expected no --envelope, no --support and no --unhealthy, got one; a band has none of them",
    );
  if ((notAbove !== undefined) !== thetaGiven)
    throw new UsageError("--statement band: expected --theta and --not-above, or neither, got one of them");
  return notAbove === undefined ? undefined : { above: options.theta, notAbove };
}

/** Says what was proven. */
function tell(
  io: Io,
  { json: asJson }: { json?: boolean },
  proven: Proven,
  { profile, source }: MarketFile,
): void {
  const { bundle, words, out } = proven;
  const { commitment, marketDigest, key } = bundle;
  if (asJson) return io.out(json(provenJson(proven)));
  io.out(`PROVEN. ${words}\n`);
  io.out(
    pairs([
      ["bundle", out],
      ["commitment", String(commitment)],
      ["market", `${profile.name} on ${source.date}`],
      ["", marketDigest],
      ["key", keyWords(key)],
    ]),
  );
}

function provenJson({ bundle, words, claimed, out }: Proven) {
  const { tier, commitment, marketDigest, key } = bundle;
  return { file: out, words, tier, ...claimed, commitment, marketDigest, key };
}

/** Says what was proven of several books, and which were refused. */
function tellAll(
  io: Io,
  { json: asJson }: { json?: boolean },
  { done, refused }: EachBook<Proven>,
  { profile, source }: MarketFile,
): void {
  if (asJson)
    return io.out(
      json({
        proven: done.map((one) => ({ book: one.path, account: one.file.account, ...provenJson(one) })),
        refused: refusedJson(refused),
      }),
    );
  io.out(
    `PROVEN: ${done.length} of ${done.length + refused.length} books in ${profile.name} on ${source.date}\n`,
  );
  const [first] = done;
  const bands = done.some(({ band }) => band !== undefined);
  if (first !== undefined && !bands) io.out(`  each: ${first.words}\n`);
  if (done.length > 0)
    io.out(
      `\n${table(
        ["book", "account", "bundle", ...(bands ? ["above", "not above"] : [])],
        done.map(({ path, file, out, band }) => [
          path,
          file.account,
          out,
          ...(band === undefined ? [] : [factor(band.above), factor(band.notAbove)]),
        ]),
        { text: [0, 1, 2] },
      )}`,
    );
  if (refused.length > 0) io.out(`\n  refused\n${refusedText(refused)}`);
}
