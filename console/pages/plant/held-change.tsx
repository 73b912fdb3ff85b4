/** A changed plant file that waits for an administrator: the difference, then one touch. */
import { Button, Group, Modal, Text } from "@mantine/core";
import { IconAlertTriangleFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PlantChangeView } from "../../../broker/api/shapes/plant-change.ts";
import { useRight } from "../../components/me.ts";
import { confirmPlantChange, plantChangeQuery } from "../../components/plant-change.ts";
import { plantQuery, queryClient } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { plantChangeText as words } from "../../text/plant-change.ts";
import { PolicyChanges } from "../policy/policy-changes.tsx";
import { WhatIf } from "../policy/what-if.tsx";
import "../policy/policy.css";

export function HeldChange() {
  const mayChange = useRight("plant:change");
  const query = useQuery({ ...plantChangeQuery, enabled: mayChange });
  const [open, setOpen] = useState(false);
  const held = query.data?.held;
  if (!held) return null;
  return (
    <>
      <div className="sp-plant-problem" role="status">
        <IconAlertTriangleFilled size={15} aria-hidden />
        <span>
          {words.title} ({words.since} <RelativeTime atMs={held.sinceMs} />)
        </span>
        <Button variant="default" size="compact-sm" onClick={() => setOpen(true)}>
          {words.show}
        </Button>
      </div>
      <Modal opened={open} onClose={() => setOpen(false)} title={words.dialogTitle} size="xl">
        <Change held={held} onDone={() => setOpen(false)} />
      </Modal>
    </>
  );
}

const HELD = { plant: "held" } as const;

interface ChangeProps {
  readonly held: NonNullable<PlantChangeView["held"]>;
  readonly onDone: () => void;
}

function Change({ held, onDone }: ChangeProps) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function confirm() {
    setBusy(true);
    setThrown(undefined);
    try {
      await confirmPlantChange(held.digest);
      onDone();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: plantQuery.queryKey });
    }
  }
  const files = (text: string) => [{ name: words.file, text }];
  return (
    <>
      {held.byName !== null && <Text fw={600}>{words.proposed(held.byName, held.note)}</Text>}
      <Text size="sm">{words.body}</Text>
      <PolicyChanges before={files(held.before)} after={files(held.after)} />
      {held.warnings.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            {words.warnings}
          </Text>
          <ul>
            {held.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </>
      )}
      <WhatIf tried={HELD} ready />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <Group gap="xs" mt="sm">
        <Button loading={busy} disabled={held.mine} onClick={() => void confirm()}>
          {words.confirm}
        </Button>
        <Text size="sm" c="dimmed">
          {held.mine ? words.own : words.signs}
        </Text>
      </Group>
    </>
  );
}
