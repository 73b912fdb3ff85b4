/** Writing registers or coils by their address: old beside new, then a confirmation. */
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useMemo, useState } from "react";
import type { WriteOperation } from "../../../protocols/modbus/operation.ts";
import type { WordOrder } from "../../../protocols/modbus/values.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { ModbusDesk, Report } from "./desk.ts";
import type { Decision } from "./operation-log.ts";
import { isBitTable } from "./plan-reads.ts";
import { parseTyped, type RawFormat } from "./raw-table.ts";
import { RefusalWords } from "./refusal-row.tsx";
import { notationOf, wordsText } from "./tag-value.ts";
import { WriteWaits } from "./waiting-for-person.tsx";

const words = workbenchText.tablesTab;

export interface RawPlace {
  readonly unit: number;
  readonly table: WriteOperation["table"];
  readonly start: number;
  readonly format: RawFormat;
  readonly wordOrder: WordOrder;
}

interface RawWriteDialogProps {
  readonly desk: ModbusDesk;
  /** Undefined: closed. */
  readonly place: RawPlace | undefined;
  readonly onClose: () => void;
  readonly onWritten: () => void;
}

export function RawWriteDialog(props: RawWriteDialogProps) {
  const { place, onClose } = props;
  const title = place ? words.writeTitle(notationOf(place.table, place.start)) : "";
  return (
    <Modal opened={place !== undefined} onClose={onClose} title={title} size="md">
      {place && <RawWriteForm {...props} place={place} />}
    </Modal>
  );
}

function RawWriteForm(props: RawWriteDialogProps & { readonly place: RawPlace }) {
  const { desk, place, onClose, onWritten } = props;
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [decision, setDecision] = useState<Decision>();
  const [report, setReport] = useState<Report | undefined>(undefined);
  const parsed = useMemo(
    () => parseTyped(typed, place.table, place.format, place.wordOrder),
    [typed, place],
  );
  const values = parsed.kind === "values" ? parsed.values : undefined;

  async function write(event: FormEvent) {
    event.preventDefault();
    if (values === undefined || busy) return;
    setBusy(true);
    setDecision(undefined);
    setReport(undefined);
    const { unit, table, start } = place;
    const told = await desk.writeRaw(unit, table, start, values, setDecision);
    setBusy(false);
    if (told.answer.kind === "done") {
      onWritten();
      onClose();
    } else setReport(told);
  }

  return (
    <form onSubmit={(event) => void write(event)}>
      <Stack gap="sm">
        <TextInput
          label={words.values}
          description={isBitTable(place.table) ? words.bitsHint : words.valuesHint}
          data-autofocus
          autoComplete="off"
          error={typed !== "" && parsed.kind === "fault" ? parsed.reason : undefined}
          readOnly={busy}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <OldAndNew desk={desk} place={place} values={values} />
        {busy && <WriteWaits decision={decision} />}
        {report !== undefined && (
          <div className="tg-refusal-box tg-refusal-dialog" role="alert">
            <div>
              <RefusalWords
                tag={notationOf(place.table, place.start)}
                answer={report.answer}
                words={report.words}
              />
            </div>
          </div>
        )}
        {!busy && <p className="wb-quiet">{workbenchText.write.confirmKey}</p>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {busy ? workbenchText.write.close : workbenchText.write.cancel}
          </Button>
          <Button type="submit" loading={busy} disabled={values === undefined}>
            {workbenchText.write.confirm(values ? words.howMany(values.length) : "")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface OldAndNewProps {
  readonly desk: ModbusDesk;
  readonly place: RawPlace;
  readonly values: readonly number[] | undefined;
}

/** Words shown of a long list. */
const WORDS_SHOWN = 8;

/** What stands there now is read for exactly the range that is to be written. */
function OldAndNew({ desk, place, values }: OldAndNewProps) {
  const count = values?.length ?? 1;
  const [now, setNow] = useState<Report | undefined>(undefined);
  useEffect(() => {
    let open = true;
    setNow(undefined);
    void desk.readRaw(place.unit, place.table, place.start, count).then((report) => {
      if (open) setNow(report);
    });
    return () => {
      open = false;
    };
  }, [desk, place.unit, place.table, place.start, count]);
  const shown = (list: readonly number[]) => {
    const first = list.slice(0, WORDS_SHOWN);
    const rest = list.length > WORDS_SHOWN ? " …" : "";
    return (isBitTable(place.table) ? first.join(" ") : wordsText(first)) + rest;
  };
  const old = now?.answer.kind === "done" ? shown(now.answer.values) : now?.words;
  return (
    <div className="tg-change">
      <div>
        <span className="wb-dim">{workbenchText.write.now}</span>
        <strong className="sp-mono">{old ?? workbenchText.write.reading}</strong>
      </div>
      <span aria-hidden className="tg-arrow">
        →
      </span>
      <div>
        <span className="wb-dim">{workbenchText.write.next}</span>
        <strong className="sp-mono">{values ? shown(values) : "–"}</strong>
      </div>
    </div>
  );
}
