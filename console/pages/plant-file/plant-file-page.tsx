/** What the plant is, as its file says it: edited, planned, signed; every version of it. */
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { PlantFileView, PlantVersionView } from "../../../broker/api/shapes/plant-file.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Page } from "../../components/page.tsx";
import { takePlantDraft } from "../../components/plant-draft.ts";
import {
  planPlant,
  plantFileQuery,
  plantVersionQuery,
  withdrawChange,
} from "../../components/plant-file.ts";
import { takeSheet } from "../../components/plant-import.ts";
import { plantQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { ProblemNotice } from "../../components/states.tsx";
import { plantFileText as words } from "../../text/plant-file.ts";
import { PlanDialog } from "./plan-view.tsx";
import { PlantEditor } from "./plant-editor.tsx";
import { ReachList } from "./reach-list.tsx";
import { useDraft } from "./use-draft.ts";
import { VersionList } from "./version-list.tsx";
import "./plant-file.css";

const PARTS = ["edit", "reach", "history"] as const;
type Part = (typeof PARTS)[number];

export function PlantFilePage() {
  const query = useQuery(plantFileQuery);
  const plant = useQuery(plantQuery).data;
  const version = query.data?.versions[0]?.sequence;
  return (
    <Page
      title={words.title}
      summary={plant && version ? words.summary(plant.assets.length, version) : ""}
    >
      <QueryView query={query} failed={words.failed}>
        {(file) => <PlantFile file={file} />}
      </QueryView>
    </Page>
  );
}

function PlantFile({ file }: { readonly file: PlantFileView }) {
  const [part, setPart] = useState<Part>("edit");
  const draft = useDraft(file);
  const [address, setAddress] = useSearchParams();
  const [failed, setFailed] = useState<unknown>();
  const [given] = useState(takeSheet);
  const [proposed] = useState(takePlantDraft);
  const { setText } = draft;
  useEffect(() => {
    if (proposed !== undefined) setText(proposed);
  }, [proposed, setText]);

  function show(plan: string | undefined, reason = "") {
    setAddress(plan === undefined ? {} : { plan, ...(reason !== "" && { reason }) });
  }
  async function plan(text: string, basedOn: string, reason = "") {
    show((await planPlant(text, basedOn)).id, reason);
  }
  async function restore({ sequence }: PlantVersionView) {
    setFailed(undefined);
    try {
      const { text } = await queryClient.fetchQuery(plantVersionQuery(sequence));
      await plan(text, file.digest, words.history.back(sequence));
    } catch (thrown) {
      setFailed(thrown);
    }
  }

  return (
    <>
      <Notices file={file} onLoad={draft.setText} />
      <div className="sp-toolbar">
        <SegmentedControl
          size="xs"
          aria-label={words.title}
          value={part}
          onChange={(chosen) => setPart(chosen as Part)}
          data={PARTS.map((value) => ({ value, label: words.parts[value] }))}
        />
      </div>
      {failed !== undefined && <ProblemNotice thrown={failed} title={words.edit.planFailed} />}
      {/* Kept while another part is looked at: what one has written must not go. */}
      <div hidden={part !== "edit"}>
        <PlantEditor {...{ file, draft, given }} onPlan={() => plan(draft.text, draft.basedOn)} />
      </div>
      {part === "reach" && <ReachList />}
      {part === "history" && (
        <VersionList file={file} onRestore={(version) => void restore(version)} />
      )}
      <PlanDialog
        id={address.get("plan") ?? undefined}
        reason={address.get("reason") ?? ""}
        onClose={() => show(undefined)}
        onDone={() => show(undefined)}
      />
    </>
  );
}

interface NoticesProps {
  readonly file: PlantFileView;
  readonly onLoad: (text: string) => void;
}

function Notices({ file, onLoad }: NoticesProps) {
  const { problem, onDisk, readOnly, held } = file;
  return (
    <>
      {problem !== null && (
        <div className="sp-plant-file-bar" role="status">
          <StateBadge tone="attention" word={words.problem(problem)} />
          {onDisk && (
            <Button size="compact-sm" variant="default" onClick={() => onLoad(onDisk.text)}>
              {words.loadDisk}
            </Button>
          )}
        </div>
      )}
      {readOnly !== null && (
        <div className="sp-plant-file-bar" role="status">
          <StateBadge tone="normal" word={words.readOnly(readOnly)} />
        </div>
      )}
      {held && <Held held={held} />}
    </>
  );
}

function Held({ held }: { readonly held: NonNullable<PlantFileView["held"]> }) {
  const [asking, setAsking] = useState(false);
  const action = held.mine ? words.withdraw : words.refuse;
  return (
    <div className="sp-plant-file-bar" role="status">
      <StateBadge tone="attention" word={words.held(held.byName)} />
      <Button component={Link} to="/" size="compact-sm" variant="default">
        {words.toPlant}
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
        {action}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.withdrawTitle}
        action={action}
        onConfirm={async () => {
          await withdrawChange(held.digest);
          await queryClient.invalidateQueries({ queryKey: plantQuery.queryKey });
        }}
      >
        {words.withdrawBody}
      </ConfirmDialog>
    </div>
  );
}
