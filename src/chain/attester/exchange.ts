import type { BookFile } from "../../book/bookFile.js";
import type { BookRequest } from "../../book/bookRequest.js";
import type { InputError } from "../../errors.js";
import type { SignedBook } from "../../prove/attestation.js";
import type { Refusal } from "./nextBook.js";
import type { AttesterRecord } from "./records.js";

/** A request as an attester finds it, under the name that it answers to; or why it cannot be read. */
export type Asked = { readonly name: string } & (
  | { readonly request: BookRequest }
  | { readonly error: InputError }
);

/** Where answers go. An answer is there whole or not at all. */
export interface Outbox {
  /** Whether this answer was given. */
  has(answer: string): Promise<boolean>;
  /** Keeps a book, before it is signed, in a place that outlasts a crash. */
  stage(answer: string, book: BookFile): Promise<void>;
  /** The book that was kept for this answer. */
  staged(answer: string): Promise<BookFile | undefined>;
  /** Gives the answer: the signature, and the book that was kept. */
  give(answer: string, signed: SignedBook): Promise<void>;
  /** Says why the request of this name is refused; null where it no longer is. */
  refuse(name: string, refusal: Refusal | null): Promise<void>;
}

/** The records of one account: read when they are needed. */
export interface RecordSource {
  readonly hasOptions: boolean;
  read(): Promise<AttesterRecord>;
}
