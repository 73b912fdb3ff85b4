/** Files on their way, and what became of them. */
import { ActionIcon, Progress, Tooltip } from "@mantine/core";
import { IconAlertOctagonFilled, IconCheck, IconX } from "@tabler/icons-react";
import { byteSize } from "../../components/sizes.ts";
import { filesText as words } from "../../text/files.ts";
import { sentence } from "../../text/session.ts";
import { plainName } from "./files.ts";
import type { FilesDesk, Transfer } from "./files-desk.ts";

interface TransfersProps {
  readonly desk: FilesDesk;
  readonly transfers: readonly Transfer[];
}

export function Transfers({ desk, transfers }: TransfersProps) {
  if (transfers.length === 0) return null;
  return (
    <ul className="ssh-transfers" aria-label={words.transfers} aria-live="polite">
      {transfers.map((transfer) => (
        <Row key={transfer.id} desk={desk} transfer={transfer} />
      ))}
    </ul>
  );
}

function Row({ desk, transfer }: { readonly desk: FilesDesk; readonly transfer: Transfer }) {
  const { id, kind, name, size, done, state } = transfer;
  const shown = plainName(name);
  const what = kind === "upload" ? words.uploading(shown) : words.downloading(shown);
  const isUnderWay = state === "under way";
  const label = isUnderWay ? words.stop(shown) : words.dismiss(shown);
  return (
    <li data-state={state}>
      <span className="ssh-transfer-what">
        {state === "done" && <IconCheck size={14} aria-hidden />}
        {state === "failed" && <IconAlertOctagonFilled size={14} aria-hidden />}
        {what}
      </span>
      {isUnderWay ? (
        <Progress
          aria-label={what}
          value={size === 0 ? 0 : Math.min(100, (100 * done) / size)}
          size="sm"
        />
      ) : (
        <span className="ssh-transfer-end">{endOf(transfer)}</span>
      )}
      <span className="ssh-number sp-dim">
        {byteSize(done)} / {byteSize(Math.max(size, done))}
      </span>
      <Tooltip label={label}>
        <ActionIcon
          variant="subtle"
          size="sm"
          aria-label={label}
          onClick={() => (isUnderWay ? desk.stop(id) : desk.forget(id))}
        >
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

function endOf({ state, failure }: Transfer): string {
  if (state === "done") return words.done;
  if (state === "stopped") return words.stopped;
  const rule = failure?.rule === undefined ? "" : ` ${words.byRule(failure.rule)}`;
  return `${sentence(failure?.message ?? "")}${rule}`;
}
