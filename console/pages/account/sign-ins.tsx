import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { SignInView } from "../../../broker/api/shapes/people.ts";
import { api } from "../../components/api.ts";
import { browserName } from "../../components/browser-name.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { queryClient, signInsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { LocalTime, RelativeTime } from "../../components/time.tsx";
import { accountText } from "../../text/account.ts";

const words = accountText.signIns;

export function SignIns() {
  const query = useQuery(signInsQuery);
  const [ending, setEnding] = useState<SignInView | null>(null);
  const columns = useMemo(() => columnsOf(setEnding), []);
  return (
    <QueryView query={query} failed={words.failed}>
      {(signIns) => (
        <>
          <DataTable
            label={words.label}
            rows={signIns}
            columns={columns}
            rowKey={(signIn) => signIn.id}
            initialSort={{ column: "seen", descending: true }}
          />
          {ending && <End signIn={ending} onClose={() => setEnding(null)} />}
        </>
      )}
    </QueryView>
  );
}

function nameOf({ userAgent, machine }: SignInView): string {
  if (machine) return words.command(machine.name);
  return browserName(userAgent) ?? words.unknown;
}

function columnsOf(onEnd: (signIn: SignInView) => void): Column<SignInView>[] {
  return [
    {
      key: "browser",
      title: words.browser,
      sortBy: nameOf,
      cell: (s) => (
        <span title={s.userAgent}>
          <strong className="sp-strong">{nameOf(s)}</strong>
          {s.current && ` (${words.current})`}
          {s.through !== undefined && <div className="sp-sub">{words.through(s.through)}</div>}
        </span>
      ),
    },
    {
      key: "address",
      title: words.address,
      sortBy: (s) => s.address,
      cell: (s) => <span className="sp-mono">{s.address}</span>,
    },
    {
      key: "since",
      title: words.since,
      sortBy: (s) => s.createdMs,
      cell: (s) => <LocalTime atMs={s.createdMs} />,
    },
    {
      key: "seen",
      title: words.seen,
      sortBy: (s) => s.lastSeenMs,
      cell: (s) => <RelativeTime atMs={s.lastSeenMs} />,
    },
    {
      key: "actions",
      title: "",
      cell: (s) =>
        !s.current && (
          <div className="sp-row-actions">
            <Button
              size="compact-sm"
              variant="default"
              aria-label={words.endNamed(nameOf(s))}
              onClick={() => onEnd(s)}
            >
              {words.end}
            </Button>
          </div>
        ),
    },
  ];
}

interface EndProps {
  readonly signIn: SignInView;
  readonly onClose: () => void;
}

function End({ signIn, onClose }: EndProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.endTitle}
      action={words.endAction}
      harmful
      onConfirm={async () => {
        await api.endSignIn(signIn.id);
        await queryClient.invalidateQueries({ queryKey: signInsQuery.queryKey });
      }}
    >
      {nameOf(signIn)}, {signIn.address}. {words.endExplain}
    </ConfirmDialog>
  );
}
