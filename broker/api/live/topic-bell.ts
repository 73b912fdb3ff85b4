/** Rung when something that a list shows has changed, by parts that know nothing of pages. */
import type { Topic } from "./topics.ts";

export class TopicBell {
  private readonly listeners = new Set<(topic: Topic) => void>();

  ring(topic: Topic): void {
    for (const listener of this.listeners) listener(topic);
  }

  onRing(listener: (topic: Topic) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
