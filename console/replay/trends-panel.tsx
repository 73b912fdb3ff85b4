/** The courses of the chosen tags around the play head. */
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { Empty } from "../components/states.tsx";
import { replayText } from "../text/replay.ts";
import { workbenchText } from "../text/workbench.ts";
import { valueText } from "../workbench/modbus/tag-value.ts";
import { TrendChart } from "../workbench/trend-chart.tsx";
import { coursesOf } from "./courses.ts";
import type { Span } from "./playback.ts";
import type { StoryShown } from "./story.ts";
import { shownTag } from "./value-tracks.ts";
import { tagAt } from "./values-panel.tsx";

const words = replayText.trends;
const WINDOWS = workbenchText.trendsTab.windows;

interface TrendsPanelProps {
  readonly stories: readonly StoryShown[];
  readonly version: string;
  readonly tags: readonly HeaderTag[];
  readonly span: Span;
  readonly headMs: number;
  readonly onSeek: (atMs: number) => void;
}

export function TrendsPanel({ stories, version, tags, span, headMs, onSeek }: TrendsPanelProps) {
  const [windowMs, setWindow] = useState<number>(WINDOWS[1].ms);
  const view = viewAround(span, headMs, windowMs);
  const wide = widened(view, windowMs);
  // biome-ignore lint/correctness/useExhaustiveDependencies: stories change with their version, spans by their numbers
  const data = useMemo(
    () => coursesOf(stories, tags, wide),
    [stories, version, tags, wide.fromMs, wide.untilMs],
  );
  return (
    <section className="rp-panel rp-trends" aria-label={words.title}>
      <div className="wb-tools">
        <h2>{words.title}</h2>
        <span className="wb-grow" />
        <SegmentedControl
          size="xs"
          aria-label={workbenchText.trendsTab.window}
          value={String(windowMs)}
          onChange={(value) => setWindow(Number(value))}
          data={WINDOWS.map(({ ms, label }) => ({ value: String(ms), label }))}
        />
      </div>
      {tags.length === 0 ? (
        <Empty title={words.empty}>{words.emptyAdvice}</Empty>
      ) : (
        <>
          <Legend stories={stories} tags={tags} headMs={headMs} />
          <div className="wb-chart">
            <TrendChart
              lines={tags}
              data={data}
              fromMs={view.fromMs}
              untilMs={view.untilMs}
              headMs={headMs}
              onPick={onSeek}
              label={words.title}
            />
          </div>
        </>
      )}
    </section>
  );
}

type LegendProps = Pick<TrendsPanelProps, "stories" | "tags" | "headMs">;

function Legend({ stories, tags, headMs }: LegendProps) {
  return (
    <ul className="tc-legend">
      {tags.map((tag, n) => (
        <li key={tag.name}>
          <span className="tc-swatch" data-n={n + 1} aria-hidden />
          {tag.name}
          <strong>{valueAt(stories, tag, headMs)}</strong>
        </li>
      ))}
    </ul>
  );
}

function valueAt(stories: readonly StoryShown[], tag: HeaderTag, headMs: number): string {
  const at = tagAt(stories, tag, headMs);
  return at === undefined ? "–" : valueText(shownTag(tag), at.value);
}

/** The head in the middle, except near the ends. */
function viewAround(span: Span, headMs: number, windowMs: number): Span {
  if (span.untilMs - span.fromMs <= windowMs) return span;
  const fromMs = Math.min(Math.max(headMs - windowMs / 2, span.fromMs), span.untilMs - windowMs);
  return { fromMs, untilMs: fromMs + windowMs };
}

/** What is fetched for drawing: more than is seen, in whole steps, so that playing moves only the scale. */
function widened(view: Span, windowMs: number): Span {
  const fromMs = Math.floor(view.fromMs / windowMs) * windowMs;
  return { fromMs, untilMs: Math.ceil(view.untilMs / windowMs) * windowMs };
}
