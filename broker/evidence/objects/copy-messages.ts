/** What the broker and the thread that copies tell each other. */
import type { PlantPlace } from "../../legs/pinned-address.ts";
import type { CopyWorker } from "./copies.ts";

export interface CopyPlace {
  readonly recordings: string;
  readonly states: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly style: "path" | "virtual-host";
  readonly credentials: string;
  /** Path of a PEM file, or empty. */
  readonly ca: string;
  /** Of the plant. */
  readonly networks: readonly string[];
  readonly partBytes?: number;
  readonly quietMs?: number;
}

export type CopyMethod = Exclude<keyof CopyWorker, "close">;

export type ToCopier =
  | { readonly plant: readonly PlantPlace[] }
  | { readonly ask: number; readonly method: CopyMethod; readonly given: readonly unknown[] };

export type FromCopier =
  | { readonly ask: number; readonly answer: unknown }
  | { readonly ask: number; readonly failed: { readonly name: string; readonly message: string } };
