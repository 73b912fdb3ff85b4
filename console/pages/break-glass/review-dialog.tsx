/** Somebody else's verdict over one use, signed with the passkey. */
import { Button, Group, Modal, Radio, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type {
  BreakGlassVerdictName,
  BreakGlassView,
} from "../../../broker/api/shapes/break-glass.ts";
import { breakGlassQuery, reviewBreakGlass } from "../../components/break-glass.ts";
import { queryClient } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { breakGlassText } from "../../text/break-glass.ts";

const words = breakGlassText.review;
const VERDICTS: readonly BreakGlassVerdictName[] = ["justified", "not-justified"];

interface ReviewDialogProps {
  readonly use: BreakGlassView;
  readonly onClose: () => void;
}

export function ReviewDialog({ use, onClose }: ReviewDialogProps) {
  const [verdict, setVerdict] = useState<BreakGlassVerdictName>("justified");
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function sign() {
    setBusy(true);
    setThrown(undefined);
    try {
      await reviewBreakGlass(use.id, verdict, comment);
      await queryClient.invalidateQueries({ queryKey: breakGlassQuery.queryKey });
      onClose();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }
  return (
    <Modal opened onClose={onClose} title={words.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void sign();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{words.explain}</Text>
          {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
          <Radio.Group
            label={words.verdict}
            value={verdict}
            onChange={(chosen) => setVerdict(chosen as BreakGlassVerdictName)}
          >
            <Group gap="md" mt={4}>
              {VERDICTS.map((each) => (
                <Radio key={each} value={each} label={words.verdicts[each]} />
              ))}
            </Group>
          </Radio.Group>
          <Textarea
            label={words.comment}
            description={words.commentAdvice}
            required
            autosize
            minRows={3}
            maxLength={words.commentLengthMax}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {breakGlassText.open.cancel}
            </Button>
            <Button type="submit" loading={busy} disabled={comment.trim() === ""}>
              {words.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
