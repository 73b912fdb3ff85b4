/**
 * The library prints whole requests and stack traces of peers' mistakes; what must be known of
 * them is told in our own words, elsewhere.
 */
import { setErrorLogger, setWarningLogger } from "node-opcua-debug";
import { noteInsides } from "./library-insides.ts";
import { rightSizedChunks } from "./right-sized-chunks.ts";

let isQuiet = false;

export function quietLibrary(): void {
  if (isQuiet) return;
  isQuiet = true;
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  rightSizedChunks();
  noteInsides();
}
