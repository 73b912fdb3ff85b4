/** The terminals of a session at the play head: what the person saw. Nothing is typed into it. */
import { Select } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import type { TerminalEvent } from "../../protocols/ssh/terminal-history.ts";
import { TerminalScreen } from "../components/terminal/terminal-screen.ts";
import { TerminalTools } from "../components/terminal/terminal-tools.tsx";
import { useTerminalLook } from "../components/terminal/use-terminal-look.ts";
import { terminalText } from "../text/terminal.ts";
import type { StoryShown } from "./story.ts";
import { TerminalPlayback } from "./terminal-playback.ts";
import { eventsOf, type Terminals, terminalsAt } from "./terminals-at.ts";

const words = terminalText.replay;

interface TerminalStageProps {
  readonly stories: readonly StoryShown[];
  readonly version: string;
  readonly headMs: number;
}

export function TerminalStage({ stories, version, headMs }: TerminalStageProps) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: stories change with their version
  const terminals = useMemo(() => terminalsAt(eventsOf(stories)), [stories, version]);
  const [chosen, choose] = useState<string | null>(null);
  const [screen] = useState(() => new TerminalScreen({ label: words.label, silent: true }));
  const look = useTerminalLook(screen);
  const searchBox = useRef<HTMLInputElement>(null);
  const channel = chosen === null ? terminals.newestAt(headMs) : Number(chosen);
  useShown(screen, terminals, channel, headMs);
  return (
    <section className="rp-panel rp-terminal" aria-label={words.label}>
      <div className="wb-tools">
        <Select
          size="xs"
          aria-label={words.choose}
          value={chosen}
          onChange={choose}
          placeholder={words.newest}
          clearable
          allowDeselect
          data={terminals.starts.map((start) => ({
            value: String(start.channel),
            label:
              start.command === ""
                ? words.shell(start.channel)
                : words.command(start.command, start.channel),
          }))}
        />
        <span className="wb-grow" />
        <TerminalTools screen={screen} look={look} searchBox={searchBox} />
      </div>
      {channel === undefined && <p className="wb-quiet">{words.none}</p>}
      <div className="term-room rp-terminal-room">
        <Place screen={screen} />
      </div>
    </section>
  );
}

function Place({ screen }: { readonly screen: TerminalScreen }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current ? screen.mount(place.current) : undefined), [screen]);
  return <div className="term-place" ref={place} />;
}

/** Brings the screen to the head, again and again as it moves and as more becomes known. */
function useShown(
  screen: TerminalScreen,
  terminals: Terminals,
  channel: number | undefined,
  headMs: number,
): void {
  const playback = useMemo(() => new TerminalPlayback(screen), [screen]);
  useEffect(() => {
    const events = terminals.of(channel);
    void playback.show(events, countUntil(events, headMs));
  }, [playback, terminals, channel, headMs]);
}

/** Events at or before a moment. */
function countUntil(events: readonly TerminalEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.wallMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
