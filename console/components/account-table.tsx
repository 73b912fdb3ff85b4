/** Accounts of one person at identity providers. */
import { Button, Text } from "@mantine/core";
import { useMemo } from "react";
import type { AccountView } from "../../broker/api/shapes/providers.ts";
import { accountsText as words } from "../text/providers.ts";
import { Copyable } from "./copyable.tsx";
import { type Column, DataTable } from "./data-table.tsx";
import { LocalTime } from "./time.tsx";

interface AccountTableProps {
  readonly accounts: readonly AccountView[];
  readonly onUnlink: (account: AccountView) => void;
}

export function AccountTable({ accounts, onUnlink }: AccountTableProps) {
  const columns = useMemo(() => columnsOf(onUnlink), [onUnlink]);
  if (accounts.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {words.none}
      </Text>
    );
  return (
    <DataTable
      label={words.label}
      rows={accounts}
      columns={columns}
      rowKey={({ issuer, subject }) => `${issuer} ${subject}`}
      initialSort={{ column: "provider", descending: false }}
    />
  );
}

function columnsOf(onUnlink: (account: AccountView) => void): Column<AccountView>[] {
  return [
    {
      key: "provider",
      title: words.provider,
      sortBy: (account) => account.provider,
      cell: ({ provider, issuer }) => (
        <>
          <strong className="sp-strong">{provider}</strong>
          <div className="sp-sub">{issuer}</div>
        </>
      ),
    },
    {
      key: "subject",
      title: words.subject,
      cell: ({ subject }) => <Copyable value={subject} what={words.subject} shown={22} />,
      wide: true,
    },
    {
      key: "since",
      title: words.since,
      sortBy: (account) => account.linkedMs,
      cell: ({ linkedMs }) => <LocalTime atMs={linkedMs} />,
    },
    {
      key: "actions",
      title: "",
      cell: (account) => (
        <div className="sp-row-actions">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.unlinkNamed(account.provider)}
            onClick={() => onUnlink(account)}
          >
            {words.unlink}
          </Button>
        </div>
      ),
    },
  ];
}
