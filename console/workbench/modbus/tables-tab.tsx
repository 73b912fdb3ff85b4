/** Registers by their address, in the format one chooses; raw writes go the same road as all others. */
import { Button, Group } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useMemo, useState } from "react";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { Empty } from "../../components/states.tsx";
import { clockTime, exactUtc } from "../../components/time-words.ts";
import { sentence } from "../../text/session.ts";
import { workbenchText } from "../../text/workbench.ts";
import { Notice } from "../session-notices.tsx";
import { VirtualTable } from "../virtual-table.tsx";
import { type ModbusDesk, type Report, writableTable } from "./desk.ts";
import { isBitTable } from "./plan-reads.ts";
import { RangeForm, type RangeTyped, rangeOf } from "./range-form.tsx";
import { type RawRow, rowsOf } from "./raw-table.ts";
import { RawWriteDialog } from "./raw-write-dialog.tsx";
import { notationOf, wordsText } from "./tag-value.ts";

const words = workbenchText.tablesTab;
const ROW_HEIGHT = 31;
const COLUMNS = 5;

interface TablesTabProps {
  readonly desk: ModbusDesk;
  readonly units: readonly number[];
  readonly tags: readonly TagView[];
  readonly mayWrite: boolean;
}

interface Shown {
  readonly typed: RangeTyped;
  readonly report: Report;
  readonly atMs: number;
}

export function TablesTab({ desk, units, tags, mayWrite }: TablesTabProps) {
  const [typed, setTyped] = useState<RangeTyped>(() => ({
    unit: units[0] ?? 1,
    table: "holding-registers",
    start: "0",
    count: "20",
    format: "uint16",
    wordOrder: "big",
  }));
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const [writing, setWriting] = useState<number | undefined>(undefined);
  const range = rangeOf(typed);
  const writable = writableTable(typed.table);

  async function read() {
    if (range.kind === "fault" || busy) return;
    setBusy(true);
    const report = await desk.readRaw(typed.unit, typed.table, range.start, range.count);
    setShown({ typed, report, atMs: Date.now() });
    setBusy(false);
  }
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void read();
  }

  return (
    <>
      <form className="wb-tools wb-tools-form" onSubmit={onSubmit}>
        <RangeForm typed={typed} units={units} onChange={setTyped} range={range} />
        <Group gap="xs">
          <Button type="submit" loading={busy} disabled={range.kind === "fault"}>
            {words.read}
          </Button>
          {writable !== undefined && (
            <Button
              variant="default"
              leftSection={<IconPencil size={14} />}
              disabled={!mayWrite || range.kind === "fault"}
              onClick={() => range.kind === "range" && setWriting(range.start)}
            >
              {words.write}
            </Button>
          )}
        </Group>
      </form>
      <Result shown={shown} typed={typed} tags={tags} />
      {writable !== undefined && (
        <RawWriteDialog
          desk={desk}
          place={writing === undefined ? undefined : { ...typed, table: writable, start: writing }}
          onClose={() => setWriting(undefined)}
          onWritten={() => void read()}
        />
      )}
    </>
  );
}

interface ResultProps {
  readonly shown: Shown | undefined;
  /** The format may change without reading again. */
  readonly typed: RangeTyped;
  readonly tags: readonly TagView[];
}

function Result({ shown, typed, tags }: ResultProps) {
  const answer = shown?.report.answer;
  const { format, wordOrder } = typed;
  const bits = shown !== undefined && isBitTable(shown.typed.table);
  const rows = useMemo(() => {
    if (shown === undefined || answer?.kind !== "done") return [];
    const start = rangeOf(shown.typed);
    const first = start.kind === "range" ? start.start : 0;
    return rowsOf(first, answer.values, bits ? "uint16" : format, wordOrder);
  }, [shown, answer, bits, format, wordOrder]);
  if (shown === undefined || answer === undefined) {
    return <Empty title={words.none}>{words.noneAdvice}</Empty>;
  }
  if (answer.kind !== "done") {
    return (
      <Notice tone="alarm" title={words.readFailed}>
        {answer.kind === "denied" && (
          <>
            <span className="sp-mono">{workbenchText.refusal.byRule(answer.decision.rule)}</span>
            {" · "}
            {sentence(answer.decision.reason)}{" "}
          </>
        )}
        {shown.report.words}
      </Notice>
    );
  }
  return (
    <>
      <p className="wb-quiet">
        {workbenchText.tables[shown.typed.table]} · {words.unit} {shown.typed.unit} · {words.at}{" "}
        <span title={exactUtc(shown.atMs)}>{clockTime(shown.atMs)}</span>
      </p>
      <VirtualTable
        rows={rows}
        keyOf={(row) => row.address}
        heightOf={heightOf}
        head={<Head />}
        columns={COLUMNS}
        label={words.label}
      >
        {(row) => <Row row={row} of={shown.typed} tags={tags} />}
      </VirtualTable>
    </>
  );
}

const heightOf = () => ROW_HEIGHT;

function Head() {
  return (
    <>
      <th>{words.address}</th>
      <th className="tg-wide">{words.protocolAddress}</th>
      <th data-align="right">{words.value}</th>
      <th className="tg-wide">{words.hex}</th>
      <th>{words.tag}</th>
    </>
  );
}

function Row({ row, of, tags }: { row: RawRow; of: RangeTyped; tags: readonly TagView[] }) {
  const tag = tags.find(
    (one) => one.unitId === of.unit && one.table === of.table && one.address === row.address,
  );
  return (
    <tr>
      <td className="sp-mono">{notationOf(of.table, row.address)}</td>
      <td className="tg-wide wb-dim sp-mono">{row.address}</td>
      <td className="tg-value sp-mono" data-align="right">
        {row.text}
      </td>
      <td className="tg-wide wb-dim sp-mono">{isBitTable(of.table) ? "" : wordsText(row.words)}</td>
      <td className="wb-dim">{tag?.name}</td>
    </tr>
  );
}
