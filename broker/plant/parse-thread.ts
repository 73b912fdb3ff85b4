/** Runs in a worker thread: a large plant file takes seconds to parse, and sessions go on meanwhile. */
import { parentPort, workerData } from "node:worker_threads";
import { parsePlant } from "./parse-plant.ts";

const { text, name } = workerData as { readonly text: string; readonly name: string };
parentPort?.postMessage(parsePlant(text, name));
