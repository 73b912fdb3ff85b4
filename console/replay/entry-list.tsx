/** What happened, in order, with the row under the play head marked and kept in sight. */
import { SegmentedControl } from "@mantine/core";
import {
  type Icon,
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconPencil,
} from "@tabler/icons-react";
import { memo, type ReactNode, useMemo, useState } from "react";
import { isBad } from "../../protocols/opcua/status.ts";
import { approvalIn } from "../../protocols/tape/approval.ts";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { FilterField } from "../components/filter-field.tsx";
import { Empty } from "../components/states.tsx";
import { matchesFilter } from "../components/table-order.ts";
import { clockTime, exactUtc } from "../components/time-words.ts";
import { useNarrow } from "../components/use-narrow.ts";
import { replayText } from "../text/replay.ts";
import { VirtualTable } from "../workbench/virtual-table.tsx";
import { type EntryTone, entryWords, linesOf } from "./entry-words.ts";
import { KeptFile } from "./kept-file.tsx";
import { SignedAct } from "./signed-act.tsx";
import { type Entry, entryAt, type StoryShown } from "./story.ts";

const words = replayText.list;

/** What was done and by which rule; a third line where there is a reason. As in replay.css. */
const ROW_HEIGHT = 47;
const ROW_HEIGHT_WITH_REASON = 65;
/** The same on a phone, where what was done and its reason take two lines each rather than being cut. */
const ROW_HEIGHT_NARROW = 67;
const ROW_HEIGHT_WITH_REASON_NARROW = 102;

type Kinds = keyof typeof words.kinds;

interface EntryListProps {
  readonly stories: readonly StoryShown[];
  readonly version: string;
  readonly tags: readonly HeaderTag[];
  /** More is on its way: an empty list does not mean that nothing was done. */
  readonly loading: boolean;
  readonly headMs: number;
  /** Its id, where the acts that people signed for it can be shown. */
  readonly recording?: string | undefined;
  /** Where there is more than one list on the page. */
  readonly label?: string;
  /** What else can be shown in its place, instead of its name. */
  readonly tabs?: ReactNode;
  readonly onSeek: (entry: Entry) => void;
}

export function EntryList(props: EntryListProps) {
  const { stories, version, tags, loading, headMs, recording, onSeek } = props;
  const { label = words.title, tabs = <h2>{label}</h2> } = props;
  const [kinds, setKinds] = useState<Kinds>("decisions");
  const [filter, setFilter] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: stories change with their version
  const shown = useMemo(
    () =>
      stories
        .flatMap((story) => story.entries)
        .filter((entry) => isOfKind(entry, kinds) && matches(entry, tags, filter)),
    [stories, version, kinds, filter, tags],
  );
  const last = entryAt(shown, headMs);
  const current = tellingAt(shown, last);
  const narrow = useNarrow();
  const hasTerminals = stories.some(({ terminal }) => terminal !== undefined);
  return (
    <section className="rp-panel rp-list" aria-label={label}>
      <div className="wb-tools">
        {tabs}
        <span className="wb-grow" />
        <SegmentedControl
          size="xs"
          aria-label={words.show}
          value={kinds}
          onChange={(value) => setKinds(value as Kinds)}
          data={Object.entries(words.kinds)
            .filter(([value]) => value !== "commands" || hasTerminals)
            .map(([value, label]) => ({ value, label }))}
        />
      </div>
      <FilterField value={filter} onChange={setFilter} label={words.filter} />
      {shown.length === 0 && !loading ? (
        <Empty title={words.empty}>{words.emptyAdvice}</Empty>
      ) : (
        <VirtualTable
          rows={shown}
          keyOf={keyOf}
          heightOf={narrow ? heightOfNarrow : heightOf}
          head={<Head />}
          columns={2}
          label={words.title}
          shownRow={current}
        >
          {(entry, index) => (
            <Row
              entry={entry}
              tags={tags}
              current={index === current}
              ahead={index > last}
              recording={recording}
              onSeek={onSeek}
            />
          )}
        </VirtualTable>
      )}
    </section>
  );
}

/** Of what was noted in the same millisecond, the deed rather than what the broker did about it. */
function tellingAt(entries: readonly Entry[], last: number): number {
  const atMs = entries[last]?.wallMs;
  for (let index = last; entries[index]?.wallMs === atMs && index >= 0; index -= 1) {
    if (entries[index]?.kind !== "happening") return index;
  }
  return last;
}

const keyOf = (entry: Entry) => entry.id;
const heightOf = (entry: Entry) => (linesOf(entry) === 2 ? ROW_HEIGHT : ROW_HEIGHT_WITH_REASON);
const heightOfNarrow = (entry: Entry) =>
  linesOf(entry) === 2 ? ROW_HEIGHT_NARROW : ROW_HEIGHT_WITH_REASON_NARROW;

function Head() {
  return (
    <>
      <th>{words.time}</th>
      <th>{words.what}</th>
    </>
  );
}

const SHAPES: Readonly<Record<EntryTone, Icon | undefined>> = {
  normal: undefined,
  attention: IconAlertTriangleFilled,
  alarm: IconAlertOctagonFilled,
};

interface RowProps {
  readonly entry: Entry;
  readonly tags: readonly HeaderTag[];
  readonly current: boolean;
  readonly ahead: boolean;
  readonly recording: string | undefined;
  readonly onSeek: (entry: Entry) => void;
}

const Row = memo(function Row({ entry, tags, current, ahead, recording, onSeek }: RowProps) {
  const { act, what, result, rule, reason, tone } = entryWords(entry, tags);
  const isWrite = changesPlant(entry);
  const Shape = SHAPES[tone] ?? (isWrite ? IconPencil : undefined);
  const by = entry.kind === "operation" ? entry.row.by : entry.kind === "node" && entry.deed.by;
  const isAlone = rule === "" && result === "" && reason === "" && by !== "broker";
  return (
    <tr
      className="rp-entry"
      data-tone={tone}
      data-lines={linesOf(entry)}
      data-current={current || undefined}
      data-ahead={ahead || undefined}
      aria-current={current ? "true" : undefined}
    >
      <td title={exactUtc(entry.wallMs)}>
        <button type="button" className="rp-entry-time sp-mono" onClick={() => onSeek(entry)}>
          {clockTime(entry.wallMs)}
        </button>
      </td>
      <td>
        <div className={isAlone ? "rp-entry-what rp-entry-alone" : "rp-entry-what"}>
          {Shape && <Shape size={14} aria-hidden />}
          <strong>{act}</strong>
          <span title={what}>{what}</span>
        </div>
        <div className="rp-entry-why wb-dim">
          {rule !== "" && <span className="sp-mono">{rule}</span>}
          {result !== "" && <span title={result}>{result}</span>}
          {by === "broker" && <span>{words.by.broker}</span>}
          {recording !== undefined && <KeptFile entry={entry} recording={recording} />}
        </div>
        {reason !== "" && (
          <div className="rp-entry-why" title={reason}>
            <Reason reason={reason} recording={recording} />
          </div>
        )}
      </td>
    </tr>
  );
});

function changesPlant(entry: Entry): boolean {
  if (entry.kind === "node") return entry.deed.operation.class !== "observe";
  return entry.kind === "operation" && entry.row.operation.class !== "observe";
}

/** Who agreed or refused, with the act that they signed, instead of its bare digest. */
function Reason({ reason, recording }: { reason: string; recording: string | undefined }) {
  const approval = approvalIn(reason);
  if (approval === undefined || recording === undefined) return <span>{reason}</span>;
  return (
    <>
      <span>{approval.agreed ? words.agreed(approval.name) : words.refusedBy(approval.name)}</span>
      <SignedAct recording={recording} act={approval.actionId} />
    </>
  );
}

function isOfKind(entry: Entry, kinds: Kinds): boolean {
  if (kinds === "all") return true;
  if (entry.kind === "ended") return kinds !== "refusals" && kinds !== "changes";
  if (kinds === "commands") return isCommand(entry);
  if (entry.kind === "malformed") return kinds !== "changes";
  if (entry.kind === "happening") return kinds === "decisions";
  if (entry.kind === "typed") return kinds !== "refusals";
  if (
    entry.kind === "deed" ||
    entry.kind === "hand" ||
    entry.kind === "page" ||
    entry.kind === "relay"
  ) {
    return isDeedOfKind(entry, kinds);
  }
  if (entry.kind === "node") return isNodeOfKind(entry, kinds);
  const { operation, verdict, outcome } = entry.row;
  if (kinds === "refusals") return verdict !== "permit";
  const changes = operation.class !== "observe";
  if (kinds === "changes") return changes && verdict === "permit";
  return changes || verdict !== "permit" || outcome === "exception" || outcome === "lost";
}

/** What ran on a terminal or without one, by name or as it was typed. */
function isCommand(entry: Entry): boolean {
  if (entry.kind === "typed") return true;
  return entry.kind === "deed" && COMMANDS.has(entry.operation.action);
}

const COMMANDS: ReadonlySet<string> = new Set(["ssh:exec", "ssh:shell"]);

function isNodeOfKind({ deed }: Extract<Entry, { kind: "node" }>, kinds: Kinds): boolean {
  const isPermitted = deed.judged.answer.kind === "permit";
  if (kinds === "refusals") return !isPermitted;
  const changes = deed.operation.class !== "observe";
  if (kinds === "changes") return changes && isPermitted;
  if (changes || !isPermitted || deed.event !== undefined) return true;
  return deed.status !== undefined && isBad(deed.status);
}

function isDeedOfKind(
  { judged, operation }: Extract<Entry, { kind: "deed" | "hand" | "page" | "relay" }>,
  kinds: Kinds,
) {
  if (kinds === "refusals") return judged.answer.kind !== "permit";
  const looks =
    operation.action === "file:list" ||
    operation.action === "file:read" ||
    operation.action === "file:passed" ||
    (operation.action.startsWith("web:") && operation.class === "observe");
  return kinds !== "changes" || (judged.answer.kind === "permit" && !looks);
}

function matches(entry: Entry, tags: readonly HeaderTag[], filter: string): boolean {
  if (filter.trim() === "") return true;
  const { act, what, result, rule, reason } = entryWords(entry, tags);
  return matchesFilter(filter, `${act} ${what} ${result} ${rule} ${reason}`);
}
