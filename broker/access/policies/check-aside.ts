/**
 * Checks policies in a thread of its own, with bounds on time and memory: text from outside that
 * is built to stall Cedar or to break it takes that thread along, and no session.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.ts";
import { type CheckedPolicies, type CheckTerms, refusedPolicies } from "./check-policies.ts";
import type { PolicySources } from "./policy-folder.ts";

/** 500 policies with 1,000 tests take a few seconds on a slow machine. */
const TIME_MAX_MS = 30_000;
const MEMORY_MB = 512;

export function checkAside(
  sources: PolicySources,
  terms: CheckTerms,
  clock: Clock,
): Promise<CheckedPolicies> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./check-policies.worker.ts", import.meta.url), {
      workerData: { sources, terms },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    const finish = (checked: CheckedPolicies): void => {
      stop();
      resolve(checked);
      void worker.terminate();
    };
    const stop = clock.after(TIME_MAX_MS, () => finish(refused("they take too long to check")));
    worker.once("message", finish);
    worker.once("error", (error) => finish(refused(`they break the check: ${error.message}`)));
    worker.once("exit", () => finish(refused("they broke the check")));
  });
}

function refused(message: string): CheckedPolicies {
  return refusedPolicies([{ file: "policies", line: 0, column: 0, message }]);
}
