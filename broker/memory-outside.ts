/**
 * What passes through the broker lies outside V8's heap: messages, files, pictures. V8 collects all
 * of its garbage for every 64 MiB of that which were made, however little is left of them; two
 * thirds of what carrying a file cost went there. Counted together with the heap, it collects when
 * the whole has grown. But how far it may grow V8 takes from what is made within the heap, which is
 * next to nothing here, and so a tenth more was enough: a file of 128 MiB was forty collections, in
 * each thread its own. So a small heap may grow to two and a half times what was left, which costs
 * a hundred megabytes while files pass and spares a fourth of the work; a large one is V8's to judge.
 */
import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics, setFlagsFromString } from "node:v8";

/** By this part of what a collection leaves. */
const GROWING_PERCENT = 150;
/** As V8 finds right. */
const OF_ITS_OWN = 0;
/** Of this thread's heap after a collection; of the threads beside it each has less. */
const SMALL_MAX = 96 * 1_048_576;

let percent = OF_ITS_OWN;

/** Once, before anything is opened: threads that begin later have it too. */
export function countMemoryOutside(): void {
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  grow(GROWING_PERCENT);
  new PerformanceObserver((list) => {
    if (list.getEntries().some(isFull)) grow(growingPercent(getHeapStatistics().used_heap_size));
  }).observe({ entryTypes: ["gc"] });
}

/** @param used bytes that are left of the heap */
export function growingPercent(used: number): number {
  return used > SMALL_MAX ? OF_ITS_OWN : GROWING_PERCENT;
}

/** V8 looks at it as it ends a collection. */
function grow(by: number): void {
  if (by !== percent) setFlagsFromString(`--heap-growing-percent=${by}`);
  percent = by;
}

function isFull(collection: object): boolean {
  const { detail } = collection as { readonly detail?: { readonly kind?: number } };
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
