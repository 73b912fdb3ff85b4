/** What a person does with an alarm, each time with a reason. */
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { AlarmView } from "../../../broker/api/shapes/alarms.ts";
import {
  acknowledgeAlarm,
  alarmsQuery,
  shelveAlarm,
  unshelveAlarm,
} from "../../components/alarms.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { queryClient } from "../../components/queries.ts";
import { alarmsText as words } from "../../text/alarms.ts";

export type AlarmAct = "acknowledge" | "shelve" | "unshelve";

const MINUTE_MS = 60_000;

interface AlarmDialogProps {
  readonly alarm: AlarmView;
  readonly act: AlarmAct;
  readonly onClose: () => void;
}

export function AlarmDialog({ alarm, act, onClose }: AlarmDialogProps) {
  const [minutes, setMinutes] = useState(words.durations[0]?.[0] ?? 15);
  const { id, title, text, shelveMaxMs } = alarm;
  const does: Record<AlarmAct, (reason: string) => Promise<unknown>> = {
    acknowledge: (reason) => acknowledgeAlarm(id, reason),
    shelve: (reason) => shelveAlarm(id, reason, minutes * MINUTE_MS),
    unshelve: (reason) => unshelveAlarm(id, reason),
  };
  async function confirm(reason: string) {
    await does[act](reason);
    await queryClient.invalidateQueries({ queryKey: alarmsQuery.queryKey });
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words[`${act}Title`]}
      action={words[act]}
      reasonLabel={words[`${act}Reason`]}
      onConfirm={confirm}
    >
      <p className="al-dialog-what">
        <strong>{title}.</strong> {text}
      </p>
      <p className="al-dialog-what">{words[`${act}Body`]}</p>
      {act === "shelve" && (
        <NativeSelect
          label={words.shelveFor}
          data={words.durations
            .filter(([each]) => each * MINUTE_MS <= shelveMaxMs)
            .map(([value, label]) => ({ value: String(value), label }))}
          value={String(minutes)}
          onChange={(event) => setMinutes(Number(event.currentTarget.value))}
        />
      )}
    </ConfirmDialog>
  );
}
