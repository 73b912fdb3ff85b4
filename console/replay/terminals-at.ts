/** The terminals of a session, apart by their channels. */
import type { TerminalEvent } from "../../protocols/ssh/terminal-history.ts";
import type { StoryShown } from "./story.ts";

export type TerminalStart = Extract<TerminalEvent, { kind: "start" | "frame" }>;

export interface Terminals {
  readonly starts: readonly TerminalStart[];
  /** Of one channel, in order. */
  of(channel: number | undefined): readonly TerminalEvent[];
  /** The one that began last until then: what a person had before them. */
  newestAt(atMs: number): number | undefined;
}

/** What a part after another one tells of before it is told already. */
export function eventsOf(
  stories: readonly Pick<StoryShown, "terminal" | "lastSequence">[],
): readonly TerminalEvent[] {
  let last = -1;
  return stories.flatMap(({ terminal = [], lastSequence }) => {
    const known = last;
    last = Math.max(last, lastSequence);
    return terminal.filter(({ sequence }) => sequence > known);
  });
}

export function terminalsAt(events: readonly TerminalEvent[]): Terminals {
  const byChannel = Map.groupBy(events, ({ channel }) => channel);
  const begun = events.filter((event) => event.kind === "start" || event.kind === "frame");
  const starts = [...new Map(begun.toReversed().map((each) => [each.channel, each])).values()];
  starts.reverse();
  return {
    starts,
    of: (channel) => (channel === undefined ? [] : (byChannel.get(channel) ?? [])),
    newestAt: (atMs) => starts.findLast(({ wallMs }) => wallMs <= atMs)?.channel,
  };
}
