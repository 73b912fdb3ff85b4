/** Rows of a sheet become tags or assets in the text that is being written; nothing counts by that. */
import {
  Button,
  FileInput,
  Group,
  Modal,
  SegmentedControl,
  Select,
  Text,
  Textarea,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PlantImportView } from "../../../broker/api/shapes/plant-file.ts";
import { importIntoPlant, sheetText } from "../../components/plant-file.ts";
import type { BrowsedSheet } from "../../components/plant-import.ts";
import { plantQuery } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { plantFileText } from "../../text/plant-file.ts";

const words = plantFileText.import;

interface ImportDialogProps {
  readonly opened: boolean;
  /** The draft that the rows are put into. */
  readonly text: string;
  /** What was browsed elsewhere. */
  readonly given?: BrowsedSheet | undefined;
  readonly onClose: () => void;
  readonly onImport: (text: string) => void;
}

export function ImportDialog(props: ImportDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={words.title} size="xl">
      <ImportForm {...props} />
    </Modal>
  );
}

type Kind = "tags" | "assets";

function ImportForm({ text, given, onClose, onImport }: ImportDialogProps) {
  const [kind, setKind] = useState<Kind>("tags");
  const [endpoint, setEndpoint] = useState(given?.endpoint ?? "");
  const [csv, setCsv] = useState(given?.csv ?? "");
  const [made, setMade] = useState<PlantImportView>();
  const [thrown, setThrown] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function act(work: () => Promise<void>) {
    setBusy(true);
    setThrown(undefined);
    setMade(undefined);
    await work().catch(setThrown);
    setBusy(false);
  }
  const look = () =>
    act(async () => setMade(await importIntoPlant({ kind, text, csv, ...where(kind, endpoint) })));

  return (
    <div className="sp-plan">
      <Text size="sm">{words.lead}</Text>
      <SegmentedControl
        size="xs"
        aria-label={words.what}
        value={kind}
        onChange={(chosen) => setKind(chosen as Kind)}
        data={(["tags", "assets"] as const).map((value) => ({ value, label: words.kinds[value] }))}
      />
      {kind === "tags" && <EndpointChoice endpoint={endpoint} onChange={setEndpoint} />}
      <Text size="sm" c="dimmed">
        {words.columns[kind]}
      </Text>
      <Sheet
        csv={csv}
        onFile={(file) => void act(async () => setCsv(await sheetText(file)))}
        onChange={(value) => {
          setCsv(value);
          setMade(undefined);
        }}
      />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      {made && <Made made={made} />}
      <Group gap="xs">
        <Button
          variant={made ? "default" : "filled"}
          loading={busy}
          disabled={csv.trim() === ""}
          onClick={() => void look()}
        >
          {words.look}
        </Button>
        <Button
          disabled={busy || !made || made.problems.length > 0}
          onClick={() => {
            if (made) onImport(made.text);
            onClose();
          }}
        >
          {words.take}
        </Button>
        <Text size="sm" c="dimmed">
          {words.nothingYet}
        </Text>
      </Group>
    </div>
  );
}

interface SheetProps {
  readonly csv: string;
  readonly onFile: (file: File) => void;
  readonly onChange: (csv: string) => void;
}

function Sheet({ csv, onFile, onChange }: SheetProps) {
  return (
    <>
      <FileInput
        label={words.file}
        placeholder={words.choose}
        accept=".csv,text/csv,text/plain"
        onChange={(file) => file && onFile(file)}
      />
      <Textarea
        label={words.text}
        classNames={{ input: "sp-mono" }}
        rows={7}
        spellCheck={false}
        value={csv}
        onChange={({ currentTarget: { value } }) => onChange(value)}
      />
    </>
  );
}

function where(kind: Kind, endpoint: string): { readonly endpoint?: string } {
  return kind === "tags" && endpoint !== "" ? { endpoint } : {};
}

/** Of those that match what is typed. */
const DRAWN_MAX = 100;

interface EndpointChoiceProps {
  readonly endpoint: string;
  readonly onChange: (endpoint: string) => void;
}

function EndpointChoice({ endpoint, onChange }: EndpointChoiceProps) {
  const plant = useQuery(plantQuery).data;
  const choices = useMemo(() => {
    const all = (plant?.assets ?? []).flatMap(({ endpoints }) => endpoints);
    const tagged = all.filter(({ protocol }) => protocol === "modbus" || protocol === "opcua");
    return tagged.map(({ id }) => id);
  }, [plant]);
  return (
    <Select
      label={words.endpoint}
      description={words.endpointAdvice}
      data={choices}
      value={endpoint === "" ? null : endpoint}
      onChange={(chosen) => onChange(chosen ?? "")}
      limit={DRAWN_MAX}
      clearable
      searchable
    />
  );
}

function Made({ made: { rows, problems, preview } }: { readonly made: PlantImportView }) {
  const lines = problems.length > 0 ? problems : preview;
  return (
    <section role="status">
      <Text fw={600}>{problems.length > 0 ? words.wrong(problems.length) : words.right(rows)}</Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys */}
      <ul className="sp-plan-changes" tabIndex={0} aria-label={words.lines}>
        {lines.map(({ line, message }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <li key={at}>
            <span className="sp-plan-word">{line > 0 ? words.line(line) : ""}</span>
            <span className={problems.length > 0 ? "" : "sp-mono"}>{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
