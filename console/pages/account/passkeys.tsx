import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PasskeyView } from "../../../broker/api/shapes/people.ts";
import { AddPasskey } from "../../components/add-passkey.tsx";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { meQuery, passkeysQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { LocalTime, RelativeTime } from "../../components/time.tsx";
import { accountText } from "../../text/account.ts";

const words = accountText.passkeys;

export function Passkeys() {
  const query = useQuery(passkeysQuery);
  return (
    <QueryView query={query} failed={words.failed}>
      {(passkeys) => <PasskeyTable passkeys={passkeys} />}
    </QueryView>
  );
}

function PasskeyTable({ passkeys }: { readonly passkeys: readonly PasskeyView[] }) {
  const [removing, setRemoving] = useState<PasskeyView | null>(null);
  const only = passkeys.length === 1;
  const columns = useMemo(() => columnsOf(only, setRemoving), [only]);
  return (
    <>
      <DataTable
        label={words.label}
        rows={passkeys}
        columns={columns}
        rowKey={(passkey) => passkey.id}
        initialSort={{ column: "made", descending: false }}
      />
      <div className="sp-account-add">
        {only && <Text size="sm">{words.wantsSecond}</Text>}
        <AddPasskey
          // A new, empty form after each passkey that was added.
          key={passkeys.length}
          initialLabel={only ? words.addLabel : ""}
          action={words.add}
          failed={words.addFailed}
          onAdded={() => notifications.show({ message: words.added, color: "slate" })}
        />
      </div>
      {removing && <Remove passkey={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}

function columnsOf(only: boolean, onRemove: (passkey: PasskeyView) => void): Column<PasskeyView>[] {
  return [
    {
      key: "name",
      title: words.name,
      sortBy: (p) => p.label,
      cell: (p) => <strong className="sp-strong">{p.label}</strong>,
    },
    {
      key: "kind",
      title: words.kind,
      sortBy: (p) => Number(p.synced),
      cell: (p) => (p.synced ? words.synced : words.bound),
    },
    {
      key: "made",
      title: words.made,
      sortBy: (p) => p.createdMs,
      cell: (p) => <LocalTime atMs={p.createdMs} />,
    },
    {
      key: "used",
      title: words.used,
      sortBy: (p) => p.lastUsedMs,
      cell: (p) => (p.lastUsedMs === null ? words.never : <RelativeTime atMs={p.lastUsedMs} />),
    },
    {
      key: "actions",
      title: "",
      cell: (p) => (
        <div className="sp-row-actions">
          <Button
            size="compact-sm"
            variant="default"
            disabled={only}
            title={only ? words.last : undefined}
            aria-label={words.removeNamed(p.label)}
            onClick={() => onRemove(p)}
          >
            {words.remove}
          </Button>
        </div>
      ),
    },
  ];
}

interface RemoveProps {
  readonly passkey: PasskeyView;
  readonly onClose: () => void;
}

function Remove({ passkey, onClose }: RemoveProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.removeTitle(passkey.label)}
      action={words.removeAction}
      harmful
      onConfirm={async () => {
        await withFreshAssertion(() => api.removePasskey(passkey.id));
        await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      }}
    >
      {words.removeExplain}
    </ConfirmDialog>
  );
}
