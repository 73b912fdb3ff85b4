/** Runs in a worker thread: a large plant file with a large sheet takes seconds. */
import { parentPort, workerData } from "node:worker_threads";
import { importPlant, type PlantImport } from "./import-plant.ts";

parentPort?.postMessage(importPlant(workerData as PlantImport));
