/**
 * A recording as one story, its parts read from the first on: for what means nothing without all
 * that came before, as the numbers by which a subscription of OPC UA names its nodes.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import { readSegment } from "../../protocols/tape/reader.ts";
import { momentsOf } from "./moments.ts";
import type { PartSource } from "./part-source.ts";
import type { PartState, Reel } from "./reel.ts";
import { Story } from "./story.ts";
import { type PlayedRecording, spanOf } from "./use-recorded-reel.ts";

interface Progress {
  readonly parts: number;
  readonly records: number;
  readonly failed: string | undefined;
  readonly broken: string | undefined;
}

const NOTHING: Progress = { parts: 0, records: 0, failed: undefined, broken: undefined };

export function useWholeReel(detail: PlayedRecording, headMs: number, source: PartSource): Reel {
  const [progress, setProgress] = useState<Progress>(NOTHING);
  const [attempt, setAttempt] = useState(0);
  const story = useRef<Story | undefined>(undefined);
  const { segments } = detail;
  const newest = segments.at(-1)?.lastSequence ?? -1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read on where more is there, and when asked again
  useEffect(() => {
    let wanted = true;
    const reading = readOn(story, detail, source, (next) => {
      if (wanted) setProgress(next);
      return wanted;
    });
    void reading.catch((thrown: unknown) => {
      const failed = thrown instanceof Error ? thrown.message : String(thrown);
      if (wanted) setProgress((before) => ({ ...before, failed }));
    });
    return () => {
      wanted = false;
    };
  }, [detail.id, newest, source, attempt]);

  const { parts, records, failed, broken } = progress;
  const known = story.current;
  const span = useMemo(() => spanOf(detail), [detail]);
  const isThere = parts >= segments.length || (known?.lastMs ?? 0) >= headMs;
  const state: PartState =
    failed !== undefined
      ? { kind: "failed", message: failed }
      : { kind: isThere ? "ready" : "loading" };
  return {
    header: known?.header,
    span,
    content: {
      activity: known?.activity ?? [],
      gaps: known?.gaps ?? [],
      moments: momentsOf(detail),
    },
    stories: known ? [known] : NO_STORIES,
    version: `${parts} ${records}`,
    part: { index: Math.max(0, parts - 1), count: segments.length, state },
    broken,
    retry: () => setAttempt((count) => count + 1),
  };
}

const NO_STORIES: readonly Story[] = [];

/** From where the story ends to the newest part; `told` answers whether to go on. */
async function readOn(
  story: { current: Story | undefined },
  { segments }: PlayedRecording,
  source: PartSource,
  told: (progress: Progress) => boolean,
): Promise<void> {
  for (const [index, segment] of segments.entries()) {
    if ((story.current?.lastSequence ?? -1) >= segment.lastSequence) continue;
    const read = readSegment(await source.segment(segment.number));
    if (!story.current && read.header) story.current = new Story(read.header);
    const after = story.current?.lastSequence ?? -1;
    story.current?.push(read.records.filter(({ sequence }) => sequence > after));
    const broken = read.kind === "malformed" ? read.reason : undefined;
    const records = story.current?.records ?? 0;
    if (!told({ parts: index + 1, records, failed: undefined, broken })) return;
  }
}
