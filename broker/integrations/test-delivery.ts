/** One harmless message to an integration, past its queue. */

import { newId } from "../store/ids.ts";
import type { FeedItem } from "../store/integration-feed.ts";
import { plainText } from "../store/plain-text.ts";
import { type Integration, TOPICS } from "./model.ts";
import { TEST_KIND } from "./notices/notice.ts";
import type { Progress } from "./receiver.ts";
import { type ReceiverParts, receiverOf } from "./receiver-of.ts";

export interface TestResult {
  /** Null where it was taken. */
  readonly error: string | null;
  readonly tookMs: number;
}

const ERROR_MAX = 300;

/** @param to who receives it, where it goes to those concerned; empty: nobody can */
export async function runTest(
  parts: ReceiverParts,
  integration: Integration,
  to: string,
): Promise<TestResult> {
  const { clock } = parts;
  const beganMs = clock.monotonicMs();
  const result = (error: string | null): TestResult => ({
    error,
    tookMs: Math.round(clock.monotonicMs() - beganMs),
  });
  const all = integration.purpose === "notices" ? { ...integration, about: TOPICS } : integration;
  const needsSomebody = all.purpose === "notices" && all.via.form === "mail" && to === "";
  if (needsSomebody && all.via.form === "mail" && all.via.to === "concerned") {
    return result("it goes to those concerned: name who receives the test (--to ADDRESS)");
  }
  const concerned = async () => [to];
  try {
    const receiver = receiverOf({ ...parts, concerned }, all);
    try {
      await receiver.deliver([testItem(clock.wallMs())], ONCE);
    } finally {
      receiver.close?.();
    }
    return result(null);
  } catch (error) {
    return result(plainText(error instanceof Error ? error.message : String(error), ERROR_MAX));
  }
}

const ONCE: Progress = {
  served: [],
  serve: async () => {},
  gaveUp: async (_item, _receiver, reason) => {
    throw new Error(reason);
  },
};

function testItem(atMs: number): FeedItem {
  return {
    ...{ position: 0, id: newId(), atMs, kind: TEST_KIND, priority: "event" },
    ...{ session: null, person: null, about: {} },
    text: "A test: Sallyport reaches this receiver",
  };
}
