/** All tags of the endpoint with what they hold now; writing starts and is refused in its row. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { FilterField } from "../../components/filter-field.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { useNarrow } from "../../components/use-narrow.ts";
import { workbenchText } from "../../text/workbench.ts";
import { text } from "../../text.ts";
import { VirtualTable } from "../virtual-table.tsx";
import type { ModbusDesk } from "./desk.ts";
import { PollTools } from "./poll-tools.tsx";
import { RefusalRow } from "./refusal-row.tsx";
import { TagRow } from "./tag-row.tsx";
import { notationOf } from "./tag-value.ts";
import type { Polling } from "./use-polling.ts";
import type { Trending } from "./use-trending.ts";

const words = workbenchText.tags;

/** As in modbus.css, with the line below. */
const ROW_HEIGHT = 31;
const REFUSAL_HEIGHT = 50;
const REFUSAL_HEIGHT_NARROW = 138;

/** Up to this many are polled whole; of more, only those on the screen. */
const POLLED_WHOLE_MAX = 150;

interface TagsTabProps {
  readonly desk: ModbusDesk;
  readonly tags: readonly TagView[];
  readonly polling: Polling;
  readonly trending: Trending;
  readonly mayWrite: boolean;
  readonly onWrite: (tag: TagView) => void;
}

export function TagsTab(props: TagsTabProps) {
  const { desk, tags, polling, trending, mayWrite, onWrite } = props;
  const [filter, setFilter] = useState("");
  const shown = useMemo(() => tags.filter((tag) => matches(tag, filter)), [tags, filter]);
  const refusals = useSyncExternalStore(desk.refusals.subscribe, () => desk.refusals.all);
  const onWindow = useWanted(desk, shown, trending.tags);
  const refusalHeight = useNarrow() ? REFUSAL_HEIGHT_NARROW : REFUSAL_HEIGHT;
  const heightOf = useCallback(
    (tag: TagView) => ROW_HEIGHT + (refusals.has(tag.name) ? refusalHeight : 0),
    [refusals, refusalHeight],
  );
  if (tags.length === 0) return <Empty title={words.none}>{words.noneAdvice}</Empty>;
  return (
    <>
      <div className="wb-tools">
        <PollTools polling={polling} />
        <span className="wb-grow" />
        <span className="wb-dim">{words.shown(shown.length, tags.length)}</span>
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
      </div>
      {shown.length === 0 ? (
        <Empty title={words.nothingLeft}>{text.table.nothingLeftAdvice}</Empty>
      ) : (
        <VirtualTable
          rows={shown}
          keyOf={(tag) => tag.name}
          heightOf={heightOf}
          head={<Head />}
          columns={COLUMNS}
          label={words.label}
          onWindow={onWindow}
        >
          {(tag) => {
            const refusal = refusals.get(tag.name);
            return (
              <>
                <TagRow
                  desk={desk}
                  tag={tag}
                  trending={trending}
                  mayWrite={mayWrite}
                  onWrite={onWrite}
                  refused={refusal !== undefined}
                />
                {refusal && (
                  <RefusalRow
                    tag={tag.name}
                    refusal={refusal}
                    columns={COLUMNS}
                    onDismiss={() => desk.refusals.clear(tag.name)}
                  />
                )}
              </>
            );
          }}
        </VirtualTable>
      )}
    </>
  );
}

const COLUMNS = 10;

function Head() {
  return (
    <>
      <th className="tg-head-name">{words.name}</th>
      <th className="tg-about">{words.about}</th>
      <th className="tg-head-value" data-align="right">
        {words.value}
      </th>
      <th className="tg-wide tg-spare tg-head-raw" data-align="right">
        {words.raw}
      </th>
      <th className="tg-wide tg-spare tg-head-recent">{words.recent}</th>
      <th className="tg-wide tg-head-bounds">{words.bounds}</th>
      <th className="tg-wide tg-head-register" title={words.registerHint}>
        {words.register}
      </th>
      <th className="tg-head-age">{words.age}</th>
      <th className="tg-wide tg-head-trend">{words.trend}</th>
      <th className="tg-head-write" data-align="right">
        {words.write}
      </th>
    </>
  );
}

/** Tells the desk which tags somebody sees: those on the screen and those that are drawn. */
function useWanted(desk: ModbusDesk, shown: readonly TagView[], drawn: readonly string[]) {
  const [range, setRange] = useState({ first: 0, end: 0 });
  const key = `${range.first} ${range.end}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range counts by its numbers
  useEffect(() => {
    const seen = shown.length <= POLLED_WHOLE_MAX ? shown : shown.slice(range.first, range.end);
    desk.want([...new Set([...seen.map((tag) => tag.name), ...drawn])]);
    return () => desk.want(drawn);
  }, [desk, shown, drawn, key]);
  return setRange;
}

function matches(tag: TagView, filter: string): boolean {
  const { name, description, table, address } = tag;
  return matchesFilter(filter, `${name} ${description} ${notationOf(table, address)}`);
}
