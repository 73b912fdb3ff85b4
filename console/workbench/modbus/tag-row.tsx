/**
 * One tag: what it holds, since when, and what may be done with it. Drawn by the hundred while one
 * scrolls, so it is made of plain elements.
 */
import { IconChartLine, IconPencil } from "@tabler/icons-react";
import { memo, useCallback, useSyncExternalStore } from "react";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { useNow } from "../../components/now.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { exactUtc, roughDuration } from "../../components/time-words.ts";
import { workbenchText } from "../../text/workbench.ts";
import { type ModbusDesk, writableTable } from "./desk.ts";
import { Sparkline } from "./sparkline.tsx";
import type { Reading } from "./tag-board.ts";
import { notationOf, numberText, rawText, valueText } from "./tag-value.ts";
import type { Trending } from "./use-trending.ts";

const words = workbenchText.tags;

/** Points of the small line. */
const RECENT_SHOWN = 60;

interface TagRowProps {
  readonly desk: ModbusDesk;
  readonly tag: TagView;
  readonly trending: Trending;
  readonly mayWrite: boolean;
  readonly onWrite: (tag: TagView) => void;
  readonly refused: boolean;
}

export function useReading(desk: ModbusDesk, tag: string): Reading {
  const subscribe = useCallback((call: () => void) => desk.board.subscribe(tag, call), [desk, tag]);
  return useSyncExternalStore(subscribe, () => desk.board.get(tag));
}

export const TagRow = memo(function TagRow(props: TagRowProps) {
  const { desk, tag, trending, mayWrite, onWrite, refused } = props;
  const reading = useReading(desk, tag.name);
  const writable = tag.writable && writableTable(tag.table) !== undefined;
  return (
    <tr data-tone={refused ? "alarm" : undefined}>
      <td className="tg-name" title={`${tag.name}\n${tag.description}`.trim()}>
        {tag.name}
      </td>
      <td className="tg-about wb-dim" title={tag.description}>
        {tag.description}
      </td>
      <td className="tg-value" data-align="right" data-quality={reading.quality}>
        {reading.value === undefined ? "–" : valueText(tag, reading.value)}
      </td>
      <td className="tg-wide tg-spare sp-mono wb-dim" data-align="right">
        {rawText(tag, reading.registers)}
      </td>
      <td className="tg-wide tg-spare">
        <Sparkline
          values={desk.trends.recent(tag.name, RECENT_SHOWN)}
          label={`${words.recent}: ${tag.name}`}
        />
      </td>
      <td className="tg-wide wb-dim" title={boundsText(tag)}>
        {boundsText(tag)}
      </td>
      <td
        className="tg-wide sp-mono wb-dim"
        title={words.registerOf(notationOf(tag.table, tag.address), tag.unitId)}
      >
        {notationOf(tag.table, tag.address)}/{tag.unitId}
      </td>
      <td>
        <Age reading={reading} />
      </td>
      <td className="tg-wide">
        <TrendButton tag={tag.name} trending={trending} />
      </td>
      <td data-align="right">
        {writable && (
          <button
            type="button"
            className="tg-button tg-write"
            aria-label={words.writeTag(tag.name)}
            disabled={!mayWrite}
            onClick={() => onWrite(tag)}
          >
            <IconPencil size={12} aria-hidden />
            <span>{words.write}</span>
          </button>
        )}
      </td>
    </tr>
  );
});

/** Younger than this is simply now: a number that ticks on every row would only distract. */
const FRESH_MS = 5_000;

function Age({ reading }: { readonly reading: Reading }) {
  const nowMs = useNow();
  if (reading.quality === "none") return <span className="wb-dim">{words.quality.none}</span>;
  if (reading.quality === "refused" || reading.quality === "lost") {
    return (
      <StateBadge tone="attention" word={words.quality[reading.quality]} title={reading.why} />
    );
  }
  const ageMs = nowMs - reading.atMs;
  return (
    <span className="wb-dim" title={exactUtc(reading.atMs)}>
      {ageMs < FRESH_MS && reading.quality === "good"
        ? words.fresh
        : words.ago(roughDuration(ageMs))}
    </span>
  );
}

function TrendButton({ tag, trending }: { readonly tag: string; readonly trending: Trending }) {
  const drawn = trending.tags.includes(tag);
  const label = drawn || !trending.full ? words.trendTag(tag) : words.trendsFull;
  return (
    <button
      type="button"
      className="tg-button tg-icon"
      title={label}
      aria-label={label}
      aria-pressed={drawn}
      disabled={!drawn && trending.full}
      onClick={() => trending.toggle(tag)}
    >
      <IconChartLine size={14} aria-hidden />
    </button>
  );
}

function boundsText(tag: TagView): string {
  if (tag.states.length > 0) return tag.states.map((state) => state.word).join(" · ");
  // What one may write oneself is narrower than what the plant file lets anybody.
  const min = tag.allowed?.min ?? tag.min;
  const max = tag.allowed?.max ?? tag.max;
  if (min === null && max === null) return "";
  const part = (value: number | null) => (value === null ? "…" : numberText(tag, value));
  return `${part(min)} – ${part(max)} ${tag.unit}`.trim();
}
