import assert from "node:assert/strict";
import { broken } from "./broken.js";
import { brokenTemplates } from "./brokenTemplates.js";
import { ForgeryFoundError, mutate } from "./mutation/mutate.js";
import type { Part } from "./part.js";

const CASES = 20_000;

/** The suite on templates that are broken: a check that notices nothing is worth nothing. */
export const notices: Part = {
  name: "notices",
  about: "the mutation forges a witness of every template that lacks a line",
  tasks: () => {
    const files = [...new Set(brokenTemplates.map(([, { name }]) => name))];
    return files.map((name) => ({
      name,
      seconds: 6,
      run: async ({ seed }, progress) => {
        const ours = brokenTemplates.filter(([, specimen]) => specimen.name === name);
        for (const [index, [what, specimen, passage, replacement]] of ours.entries()) {
          progress(index / ours.length);
          const forged = mutate(broken(specimen, passage, replacement), { seed: seed + index, cases: CASES });
          await assert.rejects(forged, ForgeryFoundError, `expected a forgery of ${name} with ${what}`);
        }
        return { cases: ours.length };
      },
    }));
  },
};
