/** Freezes a live session, or lets a frozen one go on; only for who may, never for one's own. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { supervisionText } from "../text/supervision.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { useRight } from "./me.ts";
import { queryClient, sessionsQuery } from "./queries.ts";
import { freezeSession, resumeSession } from "./supervision.ts";
import { VisitNote } from "./visit-note.tsx";

const words = supervisionText.freeze;

interface FreezeButtonProps {
  readonly session: LiveSessionView;
  readonly size?: "compact-sm" | "sm";
}

export function FreezeButton({ session, size = "sm" }: FreezeButtonProps) {
  const [asking, setAsking] = useState(false);
  const mayFreeze = useRight("session:freeze");
  if (!mayFreeze || session.mine) return null;
  const { subject, asset, frozen } = session;
  const named = frozen ? words.resumeNamed : words.actNamed;
  return (
    <>
      <Button
        size={size}
        variant="default"
        aria-label={named(subject.name, asset.name)}
        onClick={() => setAsking(true)}
      >
        {frozen ? words.resume : words.act}
      </Button>
      {asking && <FreezeDialog session={session} onClose={() => setAsking(false)} />}
    </>
  );
}

interface FreezeDialogProps {
  readonly session: LiveSessionView;
  readonly onClose: () => void;
}

function FreezeDialog({ session, onClose }: FreezeDialogProps) {
  const { id, subject, asset } = session;
  // What was true when it was asked stays, so that the question does not turn under the hand.
  const [frozen] = useState(session.frozen);
  async function act(reason: string) {
    if (frozen) await resumeSession(id, reason);
    else {
      const { cutMicroseconds, droppedOperations } = await freezeSession(id, reason);
      const message = words.done((cutMicroseconds / 1_000).toFixed(1), droppedOperations);
      const title = words.doneTitle(subject.name, asset.name);
      notifications.show({ title, message, color: "slate" });
    }
    await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={frozen ? words.resumeTitle : words.title}
      action={frozen ? words.resume : words.act}
      reasonLabel={words.reason}
      onConfirm={act}
    >
      {frozen ? words.resumeBody(frozen.reason) : words.body(subject.name, asset.name)}
      <VisitNote session={session} />
    </ConfirmDialog>
  );
}
