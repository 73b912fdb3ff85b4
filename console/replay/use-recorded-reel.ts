/** A recording as a reel: the index is known at once, parts come when the head needs them. */
import { useEffect, useMemo, useReducer, useRef } from "react";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { api } from "../components/api.ts";
import { replayText } from "../text/replay.ts";
import { momentsOf } from "./moments.ts";
import type { Span } from "./playback.ts";
import type { PartState, Reel } from "./reel.ts";
import { SegmentCache, type Slot, segmentAt } from "./segments.ts";
import { Story } from "./story.ts";

/** One fetched and decoded segment. */
interface Part {
  readonly story: Story;
  readonly broken: string | undefined;
}

/** Long enough that a jump across several parts fetches only the one it ends in. */
const NEIGHBOURS_AFTER_MS = 150;

export function spanOf(detail: RecordingDetailView): Span {
  return { fromMs: detail.startedMs, untilMs: Math.max(detail.endedMs, detail.startedMs + 1) };
}

export function useRecordedReel(detail: RecordingDetailView, headMs: number): Reel {
  const [version, changed] = useReducer((count: number) => count + 1, 0);
  const latest = useRef(detail);
  latest.current = detail;
  const cache = useMemo(() => {
    const made: SegmentCache<Part> = new SegmentCache((index) => {
      const segment = latest.current.segments[index];
      return loadPart(detail.id, segment?.number ?? index, made.peek(index - 1));
    }, changed);
    return made;
  }, [detail.id]);
  const index = segmentAt(detail.segments, headMs);
  const count = detail.segments.length;
  const settled = cache.peek(index)?.kind === "loaded";
  useEffect(() => {
    // What is looked at comes first and alone; its neighbours once it is on the screen.
    const wanted = settled ? [index, index + 1, index - 1] : [index];
    const want = () => cache.want(wanted.filter((one) => one >= 0 && one < count));
    const timer = setTimeout(want, settled ? NEIGHBOURS_AFTER_MS : 0);
    return () => clearTimeout(timer);
  }, [cache, index, count, settled]);
  useGrowth(cache, detail, index);

  const slot = cache.peek(index);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cache changes with its version
  const around = useMemo(() => loadedAround(cache, index, count), [cache, index, count, version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cache changes with its version
  const content = useMemo(() => contentOf(detail, cache), [detail, cache, version]);
  return {
    header: around[0]?.story.header,
    span: useMemo(() => spanOf(detail), [detail]),
    content,
    stories: useMemo(() => around.map((part) => part.story), [around]),
    version: `${version} ${around.map((part) => part.story.firstMs).join(" ")}`,
    part: { index, count, state: stateOf(slot, count) },
    broken: slot?.kind === "loaded" ? slot.content.broken : undefined,
    retry: () => cache.again(index),
  };
}

async function loadPart(id: string, number: number, before: Slot<Part> | undefined): Promise<Part> {
  const read = readSegment(await api.segment(id, number));
  if (read.header === undefined) {
    throw new Error(read.kind === "malformed" ? read.reason : replayText.segment.failed);
  }
  const known = before?.kind === "loaded" ? before.content.story.lastValues : undefined;
  const story = new Story(read.header, known);
  story.push(read.records);
  return { story, broken: read.kind === "malformed" ? read.reason : undefined };
}

/** The open part of a running session is fetched again once the index says that it has grown. */
function useGrowth(cache: SegmentCache<Part>, detail: RecordingDetailView, index: number): void {
  useEffect(() => {
    const slot = cache.peek(index);
    const segment = detail.segments[index];
    if (slot?.kind !== "loaded" || segment === undefined) return;
    const { story, broken } = slot.content;
    if (broken === undefined && segment.lastSequence > story.lastSequence) cache.again(index);
  }, [cache, detail, index]);
}

function stateOf(slot: Slot<Part> | undefined, count: number): PartState {
  if (count === 0) return { kind: "ready" };
  if (slot === undefined || slot.kind === "loading") return { kind: "loading" };
  return slot.kind === "failed" ? slot : { kind: "ready" };
}

function loadedAround(cache: SegmentCache<Part>, index: number, count: number): Part[] {
  const parts: Part[] = [];
  const take = (one: number, put: (part: Part) => void): boolean => {
    const slot = one >= 0 && one < count ? cache.peek(one) : undefined;
    if (slot?.kind !== "loaded") return false;
    put(slot.content);
    return true;
  };
  if (!take(index, (part) => parts.push(part))) return [];
  let one = index + 1;
  while (take(one, (part) => parts.push(part))) one += 1;
  one = index - 1;
  while (take(one, (part) => parts.unshift(part))) one -= 1;
  return parts;
}

/** Segments at hand tell their activity by the second; all others evenly over their time. */
function contentOf(detail: RecordingDetailView, cache: SegmentCache<Part>): Reel["content"] {
  const gaps: Span[] = [];
  const activity = detail.segments.flatMap((segment, index) => {
    const slot = cache.peek(index);
    if (slot?.kind === "loaded") {
      gaps.push(...slot.content.story.gaps);
      return slot.content.story.activity;
    }
    for (const mark of segment.marks) {
      if (mark.kind === "gap") gaps.push({ fromMs: mark.wallMs, untilMs: mark.wallMs });
    }
    const { firstMs, lastMs, firstSequence, lastSequence } = segment;
    return [{ fromMs: firstMs, untilMs: lastMs, count: lastSequence - firstSequence + 1 }];
  });
  return { activity, gaps, moments: momentsOf(detail) };
}
