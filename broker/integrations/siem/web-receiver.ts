/** Events in batches, one JSON object a line (NDJSON), to a web address. */
import type { Clock } from "../../clock.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import type { WebVia } from "../model.ts";
import type { Receiver } from "../receiver.ts";
import { type Post, postLetter } from "../web-post.ts";

/** Some 500 KB at most; an answer is awaited for each. */
const BATCH_MAX = 250;

export interface WebReceiverParts {
  readonly via: WebVia;
  readonly post: Post;
  readonly clock: Clock;
  line(item: FeedItem): string;
}

export class WebReceiver implements Receiver {
  readonly batchMax = BATCH_MAX;
  private readonly parts: WebReceiverParts;

  constructor(parts: WebReceiverParts) {
    this.parts = parts;
  }

  wanted(): boolean {
    return true;
  }

  async deliver(items: readonly FeedItem[]): Promise<void> {
    const { post, via, line, clock } = this.parts;
    const [first] = items;
    if (!first) return;
    await postLetter(post, via, {
      id: `${first.id}-${items.length}`,
      type: "application/x-ndjson",
      body: items.map((item) => `${line(item)}\n`).join(""),
      nowMs: clock.wallMs(),
    });
  }
}
