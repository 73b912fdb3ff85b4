/** The plant file as text: checked by the broker a moment after the last key, then planned. */
import { Button, Group, Text } from "@mantine/core";
import { lazy, Suspense, useMemo, useState } from "react";
import type {
  PlantCheckView,
  PlantFileView,
  PlantProblemView,
} from "../../../broker/api/shapes/plant-file.ts";
import type { BrowsedSheet } from "../../components/plant-import.ts";
import type { EditorMark } from "../../components/source-editor.tsx";
import { Loading, ProblemNotice } from "../../components/states.tsx";
import { plantFileText } from "../../text/plant-file.ts";
import { ImportDialog } from "./import-dialog.tsx";
import { ProblemList } from "./problem-list.tsx";
import { type Checked, useCheck } from "./use-check.ts";
import type { Draft } from "./use-draft.ts";

const words = plantFileText.edit;

const SourceEditor = lazy(() =>
  import("../../components/source-editor.tsx").then((file) => ({ default: file.SourceEditor })),
);

interface PlantEditorProps {
  readonly file: PlantFileView;
  readonly draft: Draft;
  readonly onPlan: () => Promise<void>;
  /** What was browsed elsewhere and is to be imported. */
  readonly given?: BrowsedSheet | undefined;
}

export function PlantEditor({ file, draft, onPlan, given }: PlantEditorProps) {
  const { text, setText, changed, overtaken, goOver, discard } = draft;
  const checked = useCheck(text, changed);
  const { check, checking, thrown, look } = checked;
  const [place, setPlace] = useState<PlantProblemView>();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  const [importing, setImporting] = useState(given !== undefined);
  const marks = useMemo(() => marksOf(check), [check]);

  async function plan() {
    setBusy(true);
    setFailed(undefined);
    await onPlan().catch(setFailed);
    setBusy(false);
  }

  return (
    <div className="sp-plant-file-edit">
      {overtaken && (
        <Group gap="xs" role="status">
          <Text size="sm">{words.overtaken}</Text>
          <Button size="compact-sm" variant="default" onClick={goOver}>
            {words.over}
          </Button>
        </Group>
      )}
      <Suspense fallback={<Loading rows={12} />}>
        <SourceEditor
          {...{ label: words.label, language: "yaml", value: text, marks, place }}
          onChange={setText}
        />
      </Suspense>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.checkFailed} />}
      <div role="status" className="sp-plant-check">
        <Text size="sm">{summaryOf(changed, checked)}</Text>
        {check && <Findings check={check} onGoTo={(at) => setPlace({ ...at })} />}
      </div>
      {failed !== undefined && <ProblemNotice thrown={failed} title={words.planFailed} />}
      <Group gap="xs">
        <Button
          loading={busy}
          disabled={!changed || overtaken || !mayPlan(checked) || file.held !== null}
          onClick={() => void plan()}
        >
          {words.plan}
        </Button>
        {look && (
          <Button variant="default" disabled={checking} onClick={look}>
            {words.look}
          </Button>
        )}
        <Button variant="default" onClick={() => setImporting(true)}>
          {plantFileText.import.open}
        </Button>
        <Button variant="default" disabled={!changed} onClick={discard}>
          {words.discard}
        </Button>
      </Group>
      <ImportDialog
        opened={importing}
        text={text}
        given={given}
        onClose={() => setImporting(false)}
        onImport={setText}
      />
    </div>
  );
}

function marksOf(check: PlantCheckView | undefined): readonly EditorMark[] {
  if (!check) return [];
  const of = (severity: EditorMark["severity"]) => (problem: PlantProblemView) => ({
    ...problem,
    severity,
  });
  return [...check.problems.map(of("error")), ...check.warnings.map(of("warning"))];
}

interface FindingsProps {
  readonly check: PlantCheckView;
  readonly onGoTo: (place: PlantProblemView) => void;
}

function Findings({ check: { problems, warnings }, onGoTo }: FindingsProps) {
  return (
    <>
      <ProblemList problems={problems} onGoTo={onGoTo} />
      {warnings.length > 0 && (
        <>
          <Text size="sm">{words.warnings(warnings.length)}</Text>
          <ProblemList problems={warnings} onGoTo={onGoTo} />
        </>
      )}
    </>
  );
}

/** A text that is not checked by itself is, when it is planned. */
function mayPlan({ check, checking, look }: Checked): boolean {
  return !checking && (check?.valid ?? look !== undefined);
}

function summaryOf(changed: boolean, { check, checking, look }: Checked): string {
  if (!changed) return words.unchanged;
  if (checking) return words.checking;
  if (!check) return look ? words.long : "";
  return check.valid ? words.valid : words.invalid(check.problems.length);
}
