import type { PriceTable } from "../market/history.js";
import { DEFAULT_LISTING } from "../protocol/listing.js";
import { type Calibration, calibrate, DEFAULT_CALIBRATION } from "./calibrate.js";
import { pricesUntil } from "./returns.js";

/** Last day that the shipped profile `calibrated` has learnt from: two days before the fall of 19 May 2021. */
export const SHIPPED_UNTIL = "2021-05-17";

/** The calibration that generated/calibrated.ts is the profile of; `prices` is the shipped daily history. */
export function shippedCalibration(prices: PriceTable): Calibration {
  return calibrate({
    ...DEFAULT_CALIBRATION,
    name: "calibrated",
    listing: DEFAULT_LISTING,
    prices: pricesUntil(prices, SHIPPED_UNTIL),
  });
}
