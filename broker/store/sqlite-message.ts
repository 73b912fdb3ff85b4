/** What the store's thread and the rest of the broker say to each other. */
export type SqlValue = string | number | bigint | null | Uint8Array;

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/**
 * `group`: independent statements that share one commit, so one wait for the disk. Without it
 * the single statement runs as it is (it opens, belongs to or closes a transaction).
 */
export interface ToThread {
  readonly number: number;
  readonly group: boolean;
  readonly statements: readonly Statement[];
}

export type Result =
  | { readonly rows: readonly Record<string, unknown>[]; readonly changes: number }
  | { readonly error: string; readonly errorCode: number };

/** `number` 0 is the answer to opening. */
export interface FromThread {
  readonly number: number;
  readonly results: readonly Result[];
}

export interface ThreadOptions {
  readonly path: string;
  /** Room that the file and its journal get beforehand; none by default. */
  readonly reserveBytes?: number;
}
