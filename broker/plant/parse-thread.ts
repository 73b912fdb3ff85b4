/** Runs in a worker thread: a large plant file takes seconds to parse, and sessions go on meanwhile. */
import { parentPort, workerData } from "node:worker_threads";
import type { Asset } from "./model.ts";
import { type ParsedPlant, parsePlant } from "./parse-plant.ts";
import { assetParts, headOf, type PlantHead } from "./plant-parts.ts";

/** The first at once; the next part, or `done`, to each message. */
export type FromParser =
  | Extract<ParsedPlant, { readonly kind: "invalid" }>
  | {
      readonly kind: "head";
      readonly head: PlantHead;
      readonly warnings: Extract<ParsedPlant, { readonly kind: "plant" }>["warnings"];
    }
  | { readonly kind: "assets"; readonly assets: readonly Asset[] }
  | { readonly kind: "done" };

const { text, name } = workerData as { readonly text: string; readonly name: string };
const say = (message: FromParser) => parentPort?.postMessage(message);
const parsed = parsePlant(text, name);
if (parsed.kind === "invalid") say(parsed);
else {
  const parts = assetParts(parsed.plant)[Symbol.iterator]();
  parentPort?.on("message", () => {
    const { done, value } = parts.next();
    say(done ? { kind: "done" } : { kind: "assets", assets: value });
  });
  say({ kind: "head", head: headOf(parsed.plant), warnings: parsed.warnings });
}
