/** Tokens of programs: what each is good for, until when, last use; revoked at once. */
import { Button, Text } from "@mantine/core";
import { type UseQueryOptions, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ApiTokenView, TokenMark } from "../../../broker/api/shapes/tokens.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { tokenText as words } from "../../text/tokens.ts";

interface TokensProps {
  readonly query: UseQueryOptions<ApiTokenView[], Error, ApiTokenView[], string[]>;
  readonly revoke: (id: string) => Promise<void>;
  /** Not one's own alone. */
  readonly everybody?: true;
}

export function Tokens({ query: options, revoke, everybody }: TokensProps) {
  const query = useQuery(options);
  const [ending, setEnding] = useState<ApiTokenView | null>(null);
  const columns = useMemo(() => columnsOf(setEnding, everybody === true), [everybody]);
  return (
    <>
      <Text size="sm" mb={6} maw={720}>
        {everybody ? words.explainAll : words.explain}
      </Text>
      <QueryView query={query} failed={words.failed}>
        {(tokens) =>
          tokens.length === 0 ? (
            <Text size="sm" c="dimmed">
              {words.none}
            </Text>
          ) : (
            <DataTable
              label={words.label}
              rows={tokens}
              columns={columns}
              rowKey={({ id }) => id}
              initialSort={{ column: "expires", descending: false }}
            />
          )
        }
      </QueryView>
      {ending && (
        <ConfirmDialog
          opened
          onClose={() => setEnding(null)}
          title={words.revokeTitle(ending.name)}
          action={words.revoke}
          harmful
          onConfirm={() => revoke(ending.id)}
        >
          {words.revokeExplain}
        </ConfirmDialog>
      )}
    </>
  );
}

function Mark({ of, mark }: { readonly of: ApiTokenView; readonly mark: TokenMark }) {
  if (!of.marks.includes(mark)) return null;
  return (
    <div>
      <StateBadge tone="attention" word={words.mark[mark]} />
    </div>
  );
}

function columnsOf(
  onEnd: (token: ApiTokenView) => void,
  everybody: boolean,
): Column<ApiTokenView>[] {
  const person: Column<ApiTokenView> = {
    key: "person",
    title: words.person,
    sortBy: (t) => t.personName,
    cell: (t) => t.personName,
  };
  return [
    {
      key: "name",
      title: words.name,
      sortBy: (t) => t.name,
      cell: (t) => (
        <>
          <strong className="sp-strong">{t.name}</strong>
          <div className="sp-sub">{t.bound ? words.bound : words.free}</div>
        </>
      ),
    },
    ...(everybody ? [person] : []),
    { key: "rights", title: words.rights, wide: true, cell: (t) => t.rights.join(", ") },
    {
      key: "assets",
      title: words.assets,
      wide: true,
      cell: (t) => t.assets?.join(", ") ?? words.allAssets,
    },
    {
      key: "expires",
      title: words.expires,
      sortBy: (t) => t.expiresMs,
      cell: (t) => (
        <>
          <RelativeTime atMs={t.expiresMs} />
          <Mark of={t} mark="expiring" />
        </>
      ),
    },
    {
      key: "used",
      title: words.used,
      sortBy: (t) => t.lastUsedMs,
      cell: (t) => (
        <>
          {t.lastUsedMs === null ? words.never : <RelativeTime atMs={t.lastUsedMs} />}
          <Mark of={t} mark="unused" />
        </>
      ),
    },
    {
      key: "actions",
      title: "",
      cell: (t) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={words.revokeNamed(t.name)}
          onClick={() => onEnd(t)}
        >
          {words.revoke}
        </Button>
      ),
    },
  ];
}
