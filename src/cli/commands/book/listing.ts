import type { Command } from "commander";
import { DEFAULT_LISTING, type Listing } from "../../../protocol/listing.js";
import { readMarketFile } from "../../files.js";
import type { Io } from "../../io.js";

/** Adds the option that says which assets a book may speak of. */
export function withListing(command: Command): Command {
  return command.option(
    "--market <file>",
    "take the listed assets from this market instead of the built-in listing",
  );
}

/** The listing of the market in that file, or the built-in one. */
export async function chosenListing(io: Io, market: string | undefined): Promise<Listing> {
  return market === undefined ? DEFAULT_LISTING : (await readMarketFile(io, market)).listing;
}
