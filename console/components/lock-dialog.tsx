/** Shuts a person, an asset, a zone or the site: one reason, one touch. */
import { notifications } from "@mantine/notifications";
import type { LockKindName } from "../../broker/api/shapes/locks.ts";
import { supervisionText } from "../text/supervision.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { queryClient } from "./queries.ts";
import { setLock } from "./supervision.ts";

const words = supervisionText.locks;

export interface LockTarget {
  readonly kind: LockKindName;
  readonly id: string;
  readonly name: string;
}

interface LockDialogProps {
  readonly target: LockTarget;
  readonly onClose: () => void;
}

export function LockDialog({ target: { kind, id, name }, onClose }: LockDialogProps) {
  async function lock(reason: string) {
    const { kept } = await setLock(kind, id, reason);
    if (!kept) notifications.show({ title: words.notKeptTitle, message: words.notKept });
    await queryClient.invalidateQueries();
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.title(kind, name)}
      action={words.act(kind)}
      harmful
      reasonLabel={words.reason}
      onConfirm={lock}
    >
      {words.body[kind]} {words.stays}
    </ConfirmDialog>
  );
}
