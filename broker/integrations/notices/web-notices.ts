/** Notices to a web address: a signed webhook, Slack or Teams. */
import type { Clock } from "../../clock.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import type { Topic, WebVia } from "../model.ts";
import { NotTaken, type Receiver } from "../receiver.ts";
import { type Post, postLetter } from "../web-post.ts";
import { noticeBody } from "./forms.ts";
import { type NoticeSite, noticeOf, topicOf } from "./notice.ts";

/** Over two hours with the waits doubled: by then what waits has expired. */
export const NOTICE_ATTEMPTS_MAX = 25;

export interface WebNoticesParts {
  readonly via: WebVia;
  readonly about: readonly Topic[];
  readonly post: Post;
  readonly clock: Clock;
  site(): NoticeSite;
}

export class WebNotices implements Receiver {
  readonly batchMax = 1;
  readonly attemptsMax = NOTICE_ATTEMPTS_MAX;
  private readonly parts: WebNoticesParts;

  constructor(parts: WebNoticesParts) {
    this.parts = parts;
  }

  wanted(kind: string): boolean {
    return isWanted(this.parts.about, kind);
  }

  async deliver(items: readonly FeedItem[]): Promise<void> {
    const { via, post, site, clock, about } = this.parts;
    for (const item of items) {
      const notice = noticeOf(item, site());
      if (!notice || !about.includes(notice.topic)) continue;
      checkAge(item, clock);
      const body = noticeBody(via.form, notice);
      const letter = { id: item.id, type: "application/json", body, nowMs: clock.wallMs() };
      await postLetter(post, via, letter);
    }
  }
}

/** A receiver that comes back after days is not told of what waited then. */
const AGE_MAX_MS = 24 * 60 * 60_000;

/** @throws NotTaken */
export function checkAge({ atMs }: FeedItem, clock: Clock): void {
  if (clock.wallMs() - atMs > AGE_MAX_MS) throw new NotTaken("it waited for more than a day", true);
}

export function isWanted(about: readonly Topic[], kind: string): boolean {
  const topic = topicOf(kind);
  return topic === undefined ? about.includes("alarm") : about.includes(topic);
}
