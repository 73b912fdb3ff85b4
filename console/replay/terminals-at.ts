/** The terminals of a session, apart by their channels. */
import type { TerminalEvent } from "../../protocols/ssh/terminal-history.ts";

export type TerminalStart = Extract<TerminalEvent, { kind: "start" }>;

export interface Terminals {
  readonly starts: readonly TerminalStart[];
  /** Of one channel, in order. */
  of(channel: number | undefined): readonly TerminalEvent[];
  /** The one that began last until then: what a person had before them. */
  newestAt(atMs: number): number | undefined;
}

export function terminalsAt(events: readonly TerminalEvent[]): Terminals {
  const byChannel = Map.groupBy(events, ({ channel }) => channel);
  const starts = events.filter((event) => event.kind === "start");
  return {
    starts,
    of: (channel) => (channel === undefined ? [] : (byChannel.get(channel) ?? [])),
    newestAt: (atMs) => starts.findLast(({ wallMs }) => wallMs <= atMs)?.channel,
  };
}
