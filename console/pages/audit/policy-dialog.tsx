/** The auditor's own policy file: whose keys count, as they got them on another way. */
import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { auditText } from "../../text/audit.ts";
import { text } from "../../text.ts";
import { policyProblem } from "./check-log.ts";
import { ownPolicy } from "./remembered.ts";

const words = auditText.browser;

interface PolicyDialogProps {
  readonly onClose: () => void;
  readonly onPolicy: (text: string | null) => void;
}

export function PolicyDialog({ onClose, onPolicy }: PolicyDialogProps) {
  const [policy, setPolicy] = useState(ownPolicy() ?? "");
  const problem = policy.trim() === "" ? undefined : policyProblem(policy);
  const done = (kept: string | null) => {
    onPolicy(kept);
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={words.ownTitle} size="lg">
      <Stack gap="sm">
        <Text size="sm">{words.ownBody}</Text>
        <Textarea
          label={words.ownLabel}
          autosize
          minRows={5}
          maxRows={14}
          data-autofocus
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          error={problem === undefined ? undefined : words.ownProblem(problem)}
          value={policy}
          onChange={(event) => setPolicy(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => done(null)}>
            {words.ownDrop}
          </Button>
          <Button variant="default" onClick={onClose}>
            {text.confirm.cancel}
          </Button>
          <Button
            disabled={policy.trim() === "" || problem !== undefined}
            onClick={() => done(policy)}
          >
            {words.ownKeep}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
