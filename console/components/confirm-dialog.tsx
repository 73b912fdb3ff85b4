/** Asks before something that cannot be undone: says what will happen, names the act on its button. */
import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { text } from "../text.ts";
import { ProblemNotice } from "./states.tsx";

interface ConfirmDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen, and to whom. */
  readonly children: ReactNode;
  /** The act itself: "End session". */
  readonly action: string;
  /** Ends or removes something: the button says so by colour as well. */
  readonly harmful?: boolean;
  /** Asks for a reason, which is recorded; the act waits until there is one. */
  readonly reasonLabel?: string;
  /** The dialog closes when it resolves and shows what it throws. */
  readonly onConfirm: (reason: string) => Promise<unknown>;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <ConfirmForm {...props} />
    </Modal>
  );
}

function ConfirmForm(props: ConfirmDialogProps) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const ready = props.reasonLabel === undefined || reason.trim() !== "";

  async function confirm() {
    setBusy(true);
    setThrown(undefined);
    try {
      await props.onConfirm(reason.trim());
      props.onClose();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void confirm();
      }}
    >
      <Stack gap="sm">
        <Text component="div" size="sm">
          {props.children}
        </Text>
        {props.reasonLabel !== undefined && (
          <Textarea
            label={props.reasonLabel}
            description={text.confirm.reasonIsRecorded}
            autosize
            minRows={2}
            maxLength={text.confirm.reasonLengthMax}
            required
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            onKeyDown={submitOnEnter}
          />
        )}
        {thrown !== undefined && <ProblemNotice thrown={thrown} title={text.confirm.failed} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.onClose}>
            {text.confirm.cancel}
          </Button>
          <Button
            type="submit"
            loading={busy}
            disabled={!ready}
            {...(props.harmful ? { className: "sp-harmful" } : {})}
          >
            {props.action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** In a hurry nobody looks for the button; a new line is Shift and Enter. */
function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  // An input method takes its own Enter.
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}
