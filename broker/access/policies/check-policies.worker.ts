/** Runs in a worker thread, see `check-aside.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { type CheckTerms, checkPolicies } from "./check-policies.ts";
import type { PolicySources } from "./policy-folder.ts";

const given = workerData as { readonly sources: PolicySources; readonly terms: CheckTerms };
parentPort?.postMessage(checkPolicies(given.sources, given.terms));
