/** A recording as a reel: the index is known at once, parts come when the head needs them. */
import { useEffect, useMemo, useReducer, useRef } from "react";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import { replayText } from "../text/replay.ts";
import { momentsOf } from "./moments.ts";
import type { PartSource } from "./part-source.ts";
import type { Span } from "./playback.ts";
import type { PartState, Reel } from "./reel.ts";
import { SegmentCache, type Slot, segmentAt } from "./segments.ts";
import { numberOf, shownParts } from "./shown-parts.ts";
import { TapeReader } from "./tape-reader.ts";
import { type Known, ToldStory } from "./told-story.ts";

/** Long enough that a jump across several parts fetches only the one it ends in. */
const NEIGHBOURS_AFTER_MS = 150;

/** What of a recording the player needs; a link shows no more. */
export type PlayedRecording = Pick<
  RecordingDetailView,
  "id" | "startedMs" | "endedMs" | "segments" | "protocol"
>;

export function spanOf(detail: PlayedRecording): Span {
  return { fromMs: detail.startedMs, untilMs: Math.max(detail.endedMs, detail.startedMs + 1) };
}

export function useRecordedReel(detail: PlayedRecording, headMs: number, source: PartSource): Reel {
  const [version, changed] = useReducer((count: number) => count + 1, 0);
  const latest = useRef(detail);
  latest.current = detail;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one reader for each recording
  const reader = useMemo(() => new TapeReader(), [detail.id]);
  useEffect(() => () => reader.close(), [reader]);
  const cache = useMemo(() => {
    const made: SegmentCache<ToldStory> = new SegmentCache(
      (index) => loadPart({ reader, source }, latest.current, index, made.peek(index - 1)),
      changed,
    );
    return made;
  }, [reader, source]);
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
  // All parts have the same, so the panels stay while another part is on its way.
  const header = useRef(around[0]?.header);
  header.current ??= around[0]?.header;
  return {
    header: header.current,
    span: useMemo(() => spanOf(detail), [detail]),
    content,
    stories: around,
    version: `${version} ${around.map((story) => story.firstMs).join(" ")}`,
    part: { index, count, state: stateOf(slot, count) },
    broken: slot?.kind === "loaded" ? slot.content.told.broken : undefined,
    retry: () => cache.again(index),
  };
}

/** What is shown from key frames that the broker makes while it is recorded. */
const FRAMED: ReadonlySet<string> = new Set(["vnc", "ssh", "opcua"]);

interface Loading {
  readonly reader: TapeReader;
  readonly source: PartSource;
}

/** @param before the part before it, if it is at hand */
async function loadPart(
  { reader, source }: Loading,
  detail: PlayedRecording,
  index: number,
  before: Slot<ToldStory> | undefined,
): Promise<ToldStory> {
  if (FRAMED.has(detail.protocol)) {
    return loadShown({ reader, source }, detail, index);
  }
  const [bytes, known] = await Promise.all([
    source.segment(numberOf(detail, index)),
    knownAt({ reader, source }, detail, index, before),
  ]);
  return new ToldStory(await reader.read(bytes, known));
}

/** Parts without a key frame that are drawn to come to one: a busy screen has one every few. */
const EARLIER_MAX = 32;
/** Recordings of earlier builds have none at all; what is read is told faster than drawn. */
const EARLIER_NODES_MAX = 256;

/** From the nearest key frame, over the parts that have none. */
async function loadShown(
  { reader, source }: Loading,
  detail: PlayedRecording,
  index: number,
): Promise<ToldStory> {
  const bytes = source.segment(numberOf(detail, index));
  const earlierMax = detail.protocol === "opcua" ? EARLIER_NODES_MAX : EARLIER_MAX;
  const [shown] = await Promise.all([shownParts(source, detail, index, earlierMax), bytes]);
  if (!shown) throw new Error(replayText.segment.noFrame);
  return new ToldStory(await reader.read(await bytes, shown.frame, shown.earlier));
}

/** From the part's key frame. An open part has none yet: the part before it tells the same. */
async function knownAt(
  { reader, source }: Loading,
  detail: PlayedRecording,
  index: number,
  before: Slot<ToldStory> | undefined,
): Promise<Known> {
  if (index === 0) return [];
  if (before?.kind === "loaded") return before.content.told.lastValues;
  const frame = await source.frame(numberOf(detail, index));
  if (frame.length > 0) return frame;
  const earlier = await Promise.all([
    source.segment(numberOf(detail, index - 1)),
    index > 1 ? source.frame(numberOf(detail, index - 1)) : [],
  ]);
  return (await reader.read(...earlier)).lastValues;
}

/** The open part of a running session is fetched again once the index says that it has grown. */
function useGrowth(cache: SegmentCache<ToldStory>, detail: PlayedRecording, index: number): void {
  useEffect(() => {
    const slot = cache.peek(index);
    const segment = detail.segments[index];
    if (slot?.kind !== "loaded" || segment === undefined) return;
    const { broken, lastSequence } = slot.content.told;
    if (broken === undefined && segment.lastSequence > lastSequence) cache.again(index);
  }, [cache, detail, index]);
}

function stateOf(slot: Slot<ToldStory> | undefined, count: number): PartState {
  if (count === 0) return { kind: "ready" };
  if (slot === undefined || slot.kind === "loading") return { kind: "loading" };
  return slot.kind === "failed" ? slot : { kind: "ready" };
}

function loadedAround(cache: SegmentCache<ToldStory>, index: number, count: number): ToldStory[] {
  const parts: ToldStory[] = [];
  const take = (one: number, put: (part: ToldStory) => void): boolean => {
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
function contentOf(detail: PlayedRecording, cache: SegmentCache<ToldStory>): Reel["content"] {
  const gaps: Span[] = [];
  const activity = detail.segments.flatMap((segment, index) => {
    const slot = cache.peek(index);
    if (slot?.kind === "loaded") {
      gaps.push(...slot.content.told.gaps);
      return slot.content.told.activity;
    }
    for (const mark of segment.marks) {
      if (mark.kind === "gap") gaps.push({ fromMs: mark.wallMs, untilMs: mark.wallMs });
    }
    const { firstMs, lastMs, firstSequence, lastSequence } = segment;
    return [{ fromMs: firstMs, untilMs: lastMs, count: lastSequence - firstSequence + 1 }];
  });
  return { activity, gaps, moments: momentsOf(detail) };
}
