import type { Backtest } from "../../../../risk/backtest/compare.js";
import { dollars } from "../../../format.js";

/** Every tested day of a backtest as CSV; amounts in dollars and cents, rounded to the nearest. */
export function daysCsv({ outcomes }: Backtest): string {
  const rows = outcomes.flatMap(({ regime, book, walked }) =>
    walked.days.map(({ date, lossDate, margin, loss }) =>
      [date, lossDate, regime, book.name, plain(margin), plain(loss)].join(","),
    ),
  );
  return ["set on,loss on,regime,book,margin,loss", ...rows].map((row) => `${row}\n`).join("");
}

/** As people write dollars, but for programs: "−$1,234.50" is "-1234.50". */
function plain(amount: bigint): string {
  return dollars(amount).replace(/[$,]/g, "").replace("−", "-");
}
