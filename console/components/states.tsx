/** What a page shows instead of its content: still loading, nothing there, or something wrong. */
import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertOctagonFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { text } from "../text.ts";
import { problemOf } from "./problem.ts";

/** Grey rows where the content will be; announced to screen readers. */
export function Loading({ rows = 6 }: { readonly rows?: number }) {
  const widths = Array.from({ length: rows }, (_, row) => `${92 - ((row * 17) % 40)}%`);
  return (
    <Stack gap="sm" role="status" aria-label={text.loading} py="sm">
      {widths.map((width, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
        <Skeleton key={row} height={14} width={width} animate={false} />
      ))}
    </Stack>
  );
}

interface EmptyProps {
  /** What is not there: "No recordings yet". */
  readonly title: string;
  /** What to do about it, or why it is fine. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

export function Empty({ title, children, action }: EmptyProps) {
  return (
    <Stack gap={4} className="sp-empty" align="flex-start">
      <Text fw={600}>{title}</Text>
      <Text c="dimmed" size="sm" maw={560}>
        {children}
      </Text>
      {action}
    </Stack>
  );
}

interface ProblemNoticeProps {
  readonly thrown: unknown;
  /** What did not work: "The recordings could not be loaded". */
  readonly title: string;
  readonly onRetry?: () => void;
}

export function ProblemNotice({ thrown, title, onRetry }: ProblemNoticeProps) {
  const problem = problemOf(thrown);
  return (
    <Alert
      role="alert"
      variant="outline"
      className="sp-problem"
      icon={<IconAlertOctagonFilled size={18} />}
      title={title}
    >
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Text size="sm">{problem.message}</Text>
          <Text size="xs" c="dimmed" ff="monospace">
            {problem.rule === undefined ? problem.code : `${problem.code} · ${problem.rule}`}
          </Text>
        </div>
        {onRetry && (
          <Button variant="default" size="xs" onClick={onRetry}>
            {text.retry}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
