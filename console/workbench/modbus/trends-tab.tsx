/** The chosen tags over time, growing while they are polled. */
import { Button, CloseButton, Group, SegmentedControl } from "@mantine/core";
import { IconChartLine } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { Empty } from "../../components/states.tsx";
import { workbenchText } from "../../text/workbench.ts";
import { TrendChart } from "../trend-chart.tsx";
import type { ModbusDesk } from "./desk.ts";
import { PollTools } from "./poll-tools.tsx";
import { useReading } from "./tag-row.tsx";
import { valueText } from "./tag-value.ts";
import type { Polling } from "./use-polling.ts";
import type { Trending } from "./use-trending.ts";

const words = workbenchText.trendsTab;

/** Lines move this often; more is not seen. */
const DRAW_EVERY_MS = 250;

/** Fit beside each other; the table of tags has all. */
const OFFERED_MAX = 4;

interface TrendsTabProps {
  readonly desk: ModbusDesk;
  readonly tags: readonly TagView[];
  readonly polling: Polling;
  readonly trending: Trending;
}

export function TrendsTab({ desk, tags, polling, trending }: TrendsTabProps) {
  const [windowMs, setWindow] = useState<number>(words.windows[1].ms);
  const [heldAtMs, setHeld] = useState<number | undefined>(undefined);
  const nowMs = useDrawTime(heldAtMs === undefined);
  const untilMs = heldAtMs ?? nowMs;
  const drawn = trending.tags.flatMap((name) => tags.find((tag) => tag.name === name) ?? []);
  return (
    <>
      <div className="wb-tools">
        <PollTools polling={polling} />
        <span className="wb-grow" />
        <Button
          size="xs"
          variant={heldAtMs === undefined ? "default" : "filled"}
          aria-pressed={heldAtMs !== undefined}
          onClick={() => setHeld(heldAtMs === undefined ? nowMs : undefined)}
        >
          {words.hold}
        </Button>
        <SegmentedControl
          size="xs"
          aria-label={words.window}
          value={String(windowMs)}
          onChange={(value) => setWindow(Number(value))}
          data={words.windows.map(({ ms, label }) => ({ value: String(ms), label }))}
        />
      </div>
      {drawn.length === 0 ? (
        <NoneDrawn tags={tags} trending={trending} />
      ) : (
        <>
          {!polling.on && <p className="wb-quiet">{words.notPolling}</p>}
          <ul className="tc-legend">
            {drawn.map((tag, n) => (
              <LegendItem key={tag.name} {...{ desk, tag, n, trending }} />
            ))}
          </ul>
          <div className="wb-chart">
            <TrendChart
              lines={drawn}
              data={desk.trends.aligned(trending.tags, untilMs - windowMs)}
              fromMs={untilMs - windowMs}
              untilMs={untilMs}
              label={words.label}
            />
          </div>
        </>
      )}
    </>
  );
}

/** Offers those that the person may write: what they change is what they want to see move. */
function NoneDrawn({ tags, trending }: Pick<TrendsTabProps, "tags" | "trending">) {
  const offered = tags.filter(({ writable }) => writable);
  return (
    <Empty
      title={words.none}
      action={
        <Group gap="xs" mt="xs">
          {offered.slice(0, OFFERED_MAX).map(({ name }) => (
            <Button
              key={name}
              size="xs"
              variant="default"
              leftSection={<IconChartLine size={14} aria-hidden />}
              onClick={() => trending.toggle(name)}
            >
              {words.draw(name)}
            </Button>
          ))}
        </Group>
      }
    >
      {words.noneAdvice}
    </Empty>
  );
}

interface LegendItemProps {
  readonly desk: ModbusDesk;
  readonly tag: TagView;
  readonly n: number;
  readonly trending: Trending;
}

function LegendItem({ desk, tag, n, trending }: LegendItemProps) {
  const { value } = useReading(desk, tag.name);
  return (
    <li>
      <span className="tc-swatch" data-n={n + 1} aria-hidden />
      {tag.name}
      <strong>{value === undefined ? "–" : valueText(tag, value)}</strong>
      <CloseButton
        size="xs"
        aria-label={words.remove(tag.name)}
        onClick={() => trending.toggle(tag.name)}
      />
    </li>
  );
}

function useDrawTime(running: boolean): number {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), DRAW_EVERY_MS);
    return () => clearInterval(timer);
  }, [running]);
  return nowMs;
}
